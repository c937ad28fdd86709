"""What evaluation wants on disk: columns of codes and whole numbers beside the durable partitions, made from them.

Nothing here is data of its own: every file says what it was made from, is checked when it is read, and is made again
from the durable copy whenever it is missing, damaged or of another state. All lies in `data/<app>/coded/<n>/`, n being
the generation that erased somebody last, or 0:
days/<day>-<what of>.arrow, labels/<code>-<what of>.arrow, dictionaries/<parameter>.arrow
Parameters that are flagged personal are not coded; of labels that are, only whether there is a value.
"""
