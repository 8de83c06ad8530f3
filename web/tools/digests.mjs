// Plays every script of a table of digests with the module of a page, and says which come to another:
//
//     node web/tools/digests.mjs PAGE.html TABLE.tsv ROOT

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { open } from "./module.mjs";

const [, , page, table, root] = process.argv;
const { play } = await open(page);
let [same, other] = [0, 0];
for (const row of readFileSync(table, "utf8").split("\n")) {
  const [what, seed, digest] = row.split("\t");
  const [, name, flawed] = /^(.*\.lab)( with its flaw)?$/.exec(what) ?? [];
  if (!name) continue;
  const found = play(Number(seed), readFileSync(join(root, name), "utf8"), Boolean(flawed));
  if (found === digest) same++;
  else {
    other++;
    console.log(`${what} seed ${seed}: ${found} instead of ${digest}`);
  }
}
console.log(`${same} runs have their digest`);
if (other || !same) process.exitCode = 1;
