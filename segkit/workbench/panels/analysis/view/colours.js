// The same colour for the same segment in every view: from its id, else the next that is free.

const COLOURS = 8;

/** Gives each of the segments that are looked at a colour; those that have one keep it. */
function coloursOf() {
  const given = new Map();
  const wish = (id) => [...id].reduce((sum, letter) => (Math.imul(sum, 31) + letter.codePointAt(0)) >>> 0, 7) % COLOURS;
  return {
    keep(ids) {
      for (const id of given.keys()) if (!ids.includes(id)) given.delete(id);
      for (const id of ids) {
        if (given.has(id)) continue;
        const taken = new Set(given.values());
        let colour = wish(id);
        while (taken.has(colour) && taken.size < COLOURS) colour = (colour + 1) % COLOURS;
        given.set(id, colour);
      }
    },
    of: (id) => `var(--s${given.get(id) ?? wish(id)})`,
  };
}
