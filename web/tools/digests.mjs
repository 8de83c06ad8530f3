// Plays every script of a table of digests with the module of a page, and says which come to another:
//
//     node web/tools/digests.mjs PAGE.html tests/digests.tsv

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { open } from "./module.mjs";

const [, , page, table] = process.argv;
const root = join(dirname(table), "..");
const { play } = await open(page);
let [same, other] = [0, 0];
for (const row of readFileSync(table, "utf8").split("\n")) {
  const [name, seed, digest] = row.split("\t");
  if (!name?.endsWith(".lab")) continue;
  const found = play(Number(seed), readFileSync(join(root, name), "utf8"));
  if (found === digest) same++;
  else {
    other++;
    console.log(`${name} seed ${seed}: ${found} instead of ${digest}`);
  }
}
console.log(`${same} runs have their digest`);
if (other || !same) process.exitCode = 1;
