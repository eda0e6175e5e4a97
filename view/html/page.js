"use strict";
{
  // Search and filters of the steps. Without a script all steps are there, in folds that open.
  const find = document.querySelector(".find");
  const groups = [...document.querySelectorAll(".group")].map((box) => ({
    box,
    title: box.dataset.title,
    count: box.querySelector(".count"),
    blocks: [...box.querySelectorAll(".rows")].map((block) => ({
      block,
      rows: [...block.children].map((row) => ({ row, op: row.dataset.op, text: row.textContent.toLowerCase() })),
    })),
  }));
  const height = 22; // of a row, for blocks that nobody sees yet
  const shown = find ? find.querySelector(".shown") : null;
  const [word, act, place] = find ? find.querySelectorAll("input, select") : [];
  const apply = () => {
    const words = word.value.toLowerCase().split(/\s+/).filter(Boolean);
    let seen = 0, all = 0;
    for (const g of groups) {
      let here = 0, count = 0;
      const out = place.value !== "" ? place.value !== g.title : false;
      for (const b of g.blocks) {
        let hits = 0;
        for (const r of b.rows) {
          let hit = !out;
          if (hit) hit = act.value === "" ? true : act.value === r.op;
          if (hit) hit = words.every((w) => r.text.includes(w));
          if (r.row.hidden === hit) r.row.hidden = !hit;
          if (hit) hits++;
        }
        b.block.hidden = hits === 0;
        b.block.style.containIntrinsicBlockSize = hits * height + "px";
        here += hits;
        count += b.rows.length;
      }
      all += count;
      seen += here;
      g.box.hidden = here === 0;
      g.count.textContent = here === count ? String(here) : here + " of " + count;
    }
    shown.textContent = seen + " of " + all + " steps";
  };
  if (find) {
    for (const title of new Set(groups.map((g) => g.title))) place.add(new Option(title, title));
    for (const field of [word, act, place]) field.addEventListener("input", apply);
    find.hidden = false;
    apply();
  }
  addEventListener("beforeprint", () => { for (const box of document.querySelectorAll("details")) box.open = true; });
}
