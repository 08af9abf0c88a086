// What a reader did in the course, kept in this browser and nowhere else: predictions, answers, exercises.

const shelf = "cogdyn.";

/** Where the browser gives a page no storage, records last as long as the page. */
const kept = (globalThis.cogdynProgress ??= new Map());

/** The record of a kind ("prediction", "answer", "exercise") under a key, or null. */
export function recallRecord(kind, key) {
  const name = `${shelf}${kind}.${key}`;
  let record = kept.get(name) ?? null;
  try {
    record = JSON.parse(localStorage.getItem(name)) ?? record;
  } catch {
    // a page without storage, or what is there is not ours
  }
  return typeof record === "string" ? { text: record, at: null } : record; // predictions once had no time
}

/** Keep a record, with the time. */
export function keepRecord(kind, key, record) {
  const name = `${shelf}${kind}.${key}`;
  const timed = { ...record, at: new Date().toISOString() };
  kept.set(name, timed);
  try {
    localStorage.setItem(name, JSON.stringify(timed));
  } catch {
    // a page without storage: the map above has it
  }
}

export function forgetRecord(kind, key) {
  const name = `${shelf}${kind}.${key}`;
  kept.delete(name);
  try {
    localStorage.removeItem(name);
  } catch {
    // nothing was stored
  }
}

/** Whether what is kept is still there when the page is closed. */
export function keepsRecords() {
  try {
    localStorage.setItem(`${shelf}try`, "1");
    localStorage.removeItem(`${shelf}try`);
    return true;
  } catch {
    return false;
  }
}
