// Light or dark as the visitor's system has it, said in the words that the panels know from JupyterLab.

const dark = matchMedia("(prefers-color-scheme: dark)");
const theme = () => document.documentElement.setAttribute("data-jp-theme-light", String(!dark.matches));
dark.addEventListener("change", theme);
theme();
