#!/usr/bin/env python3
"""Derives the word lists `wordnet-people.tsv` and `wordnet-things.tsv` from WordNet 3.0.

    tools/wordnet-lexicon.py [/usr/share/wordnet] src/extract/lexicon/en

A noun whose first sense is a person goes to the people, with the group its ancestors tell. A noun in use whose first
sense is an artifact, an animal, an act, a time and so on goes to the things: a number before it counts no people.
Forms that the hand-written lists hold are left out: those lists decide. The output is sorted and depends on nothing but
its input. The data comes with Debian's `wordnet-base`; its licence is in `src/extract/lexicon/LICENSE.wordnet`.
"""
import glob, os, sys

source, target = (sys.argv[1:] if len(sys.argv) == 3 else ("/usr/share/wordnet", sys.argv[1]))

# The numbers that WordNet's lexicographer files have in data.noun.
THINGS = {4: "act", 5: "animal", 6: "artifact", 10: "communication", 11: "event", 13: "food", 15: "location", 17: "object",
          19: "phenomenon", 20: "plant", 21: "possession", 22: "process", 23: "quantity", 25: "shape", 27: "substance", 28: "time", 7: "attribute",
          9: "cognition", 26: "state", 8: "body"}
PERSON = 18
# Looked for among the ancestors of a person, in this order.
GROUPS = [("children", {"child", "baby", "infant"}), ("women", {"woman"}), ("journalists", {"journalist"}),
          ("aid_workers", {"doctor", "nurse", "paramedic", "fireman"}),
          ("security_forces", {"soldier", "policeman", "serviceman", "military_policeman"}),
          ("fighters", {"terrorist", "guerrilla", "insurgent", "gunman"})]
# Persons in WordNet, but in the news hardly ever counted dead: more often something else.
STOP = set("""second seconds minor major general match star judge rival guide model host number lead past power
public page fellow head double joint total kid case case part bit being best better black white blue red green favorite
down end face foot hand heart light opposite original past plus present primary principal ready regular return right
round set sharp short side single six slip stay straight support tender third touch treasure treat trial trip turn ace
advance assault back bomb charge chance claim common count cover draw drop earth effect fire firm flash force
front game gas high hit home hot hour issue key lap level loss low lot march mark master may medium mine mini mouth name
nature net neutral noble nothing nobody novel one open order other out pack pair pass peak piece plain point
pole pop post press prime print prize problem product prop pure push quarter quick race rest ring rise rock rule run safe
seat shell shock shot show slide smith spring square staff state station step stick stock stop storm string subject
sucker sweep talent tank target temple term test thing three tie times top toll total tough track trouble twin two type
victory video view virgin wave way weight wind wing wonder world zero character creature object entity source cause agency
black drug quick tops squad nation""".split())

supersense, ancestors, words_of, instances = {}, {}, {}, set()
for line in open(os.path.join(source, "data.noun")):
    if line.startswith("  "):
        continue
    parts = line.split()
    offset, lexfile, count = parts[0], int(parts[1]), int(parts[3], 16)
    supersense[offset] = lexfile
    words_of[offset] = {parts[4 + 2 * i].lower() for i in range(count)}
    pointers = parts[5 + 2 * count:]
    if "@i" in pointers:
        instances.add(offset)  # a named person, place or book
    ancestors[offset] = [pointers[i + 1] for i in range(0, int(parts[4 + 2 * count]) * 4, 4) if pointers[i] in ("@", "@i")]


def group_of(offset, depth=0):
    for group, heads in GROUPS:
        if words_of[offset] & heads:
            return group
    for parent in ancestors[offset] if depth < 12 else []:
        if (found := group_of(parent, depth + 1)) != "people":
            return found
    return "people"


def plural(word):
    if word.endswith("man") and not word.endswith("human"):
        return word[:-3] + "men"
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("s", "x", "z", "ch", "sh")) else "s")


by_hand = {line.split("\t")[0] for path in glob.glob(os.path.join(target, "*.tsv")) if "wordnet" not in path
           for line in open(path) if not line.startswith("#")}
people, things = {}, {}
for line in open(os.path.join(source, "index.noun")):
    if line.startswith("  "):
        continue
    parts = line.split()
    word, pointers = parts[0], int(parts[3])
    used, offset = int(parts[5 + pointers]), parts[6 + pointers]
    if "_" in word or not word.replace("-", "").isalpha() or len(word) < 3 or word in STOP:
        continue
    if offset in instances:
        continue
    if supersense[offset] == PERSON:
        for form in (word, plural(word)):
            people[form] = f"person:{group_of(offset)}"
    elif supersense[offset] in THINGS and used > 0:
        for form in (word, plural(word)):
            things[form] = "thing"
for name, table in (("people", people), ("things", things)):
    taken = by_hand | (set(people) if name == "things" else set())
    rows = sorted((form, cls) for form, cls in table.items() if form not in taken)
    with open(os.path.join(target, f"wordnet-{name}.tsv"), "w") as out:
        out.write(f"# {name.capitalize()} after WordNet 3.0, made by tools/wordnet-lexicon.py; licence in ../LICENSE.wordnet.\n")
        out.writelines(f"{form}\t{cls}\n" for form, cls in rows)
    print(name, len(rows))
