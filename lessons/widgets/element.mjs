// How our widgets make the elements of a page.

/** An element with attributes or properties, and children: texts or elements. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name in made) made[name] = value;
    else made.setAttribute(name, value);
  }
  // JupyterLab's command keys would swallow arrows and letters; the attribute must be on what has the focus.
  if (["input", "select", "button"].includes(tag)) made.dataset.lmSuppressShortcuts = "true";
  made.append(...children);
  return made;
}
