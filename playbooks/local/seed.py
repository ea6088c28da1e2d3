#!/usr/bin/env python3
"""Makes the data of the demo's first colour: the same every time.

Usage: seed.py FOLDER

FOLDER/data/blue/app.db       50,000 people in the shape of release 1
FOLDER/data/blue/files/       2,000 files in nested folders
FOLDER/data/blue/users.jsonl  500 users with hashed passwords
FOLDER/example.test.zone      a zone whose www is blue

A FOLDER/data or a zone file that is there already is left alone, and the program fails.
"""

import base64
import datetime
import hashlib
import json
import os
import random
import sqlite3
import sys

SEED = 20261121
PEOPLE = 50_000
USERS = 500
FILES = 2_000
FILE_BYTES_MAX = 200_000
FILE_BYTES_MEAN = 6_000

FIRST = """Ada Björk Chloé Dimitŕij Eloïse Fatıma Grzegorz Håkon Iñigo Jürgen Kateřina Łucja Māra Nuño
Oğuz Þóra Quentin Renée Søren Tomáš Úna Vítor Wei Xóchitl Yıldız Željko Анна Борис Ελένη Γιώργος 美咲 健
Alan Barbara Claude Donald Edsger Frances Grace Hedy Ivan Joan Ken Linus Margaret Niklaus""".split()
LAST = """Ångström Beyoğlu Čapek D’Arcy Erdős Fernández Gödel Håkansson Ibáñez Jónsdóttir Kovačević
Łukasiewicz Müller Nørgård O'Neill Peña Quiñones Rønning Šťastný Tōgō Ünal Václavík Wałęsa Xú Ýmir Žižek
Иванова Петров Παπαδόπουλος 田中 佐藤 Babbage Hopper Lovelace Hamilton Dijkstra Perlis Wirth Hoare""".split()
FOLDERS = ["reports", "photos/2024", "photos/2025", "letters", "letters/naïve & co", "scans/a/b/c", "."]
ENDINGS = ["txt", "pdf", "jpg", "json", "bin"]

TABLE = """CREATE TABLE people(
  id INTEGER PRIMARY KEY, first TEXT, last TEXT, email TEXT, joined TEXT)"""

ZONE = """$ORIGIN example.test.
$TTL 60
@       IN SOA  ns1 admin ( 1 3600 600 86400 60 )
@       IN NS   ns1
ns1     IN A    127.0.0.1
blue    IN A    127.0.0.1
green   IN A    127.0.0.1
notice  IN A    127.0.0.1
www     IN CNAME blue
"""


def people(numbers):
    day = datetime.date(2009, 1, 1).toordinal()
    days = [datetime.date.fromordinal(day + offset).isoformat() for offset in range(6200)]
    for number in range(1, PEOPLE + 1):
        first, last = numbers.choice(FIRST), numbers.choice(LAST)
        email = None if number % 17 == 0 else f"person{number}@example.test"
        yield (number, first, last, email, days[numbers.randrange(len(days))])


def make_table(path, rows):
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(TABLE)
        connection.executemany("INSERT INTO people VALUES (?, ?, ?, ?, ?)", rows)
    connection.close()


def password_hash(password, salt):
    """A real scrypt hash in PHC form, at a cost that is far too low for anything but a demo."""
    hashed = hashlib.scrypt(password.encode(), salt=salt, n=2**4, r=8, p=1, dklen=32)
    parts = [base64.b64encode(part).decode().rstrip("=") for part in (salt, hashed)]
    return "$scrypt$ln=4,r=8,p=1$" + "$".join(parts)


def users(numbers):
    """Users whose passwords are `demo-` and their name; every 25th signs in somewhere else."""
    for number in range(1, USERS + 1):
        first, last = numbers.choice(FIRST), numbers.choice(LAST)
        name = f"{first.lower()}.{number:03}"
        user = {
            "username": name,
            "enabled": number % 40 != 0,
            "groups": ["admin", "staff"] if number % 50 == 0 else ["staff"] if number % 5 else [],
            "attributes": {"email": f"user{number}@example.test", "name": f"{first} {last}"},
        }
        salt = numbers.randbytes(16)
        if number % 25 == 0:
            user["externalProvider"] = "example-idp"
        else:
            user["passwordHash"] = password_hash("demo-" + name, salt)
        yield user


def make_users(path, users):
    users = sorted(users, key=lambda user: user["username"].encode())
    with open(path, "x", encoding="utf-8", newline="\n") as file:
        for user in users:
            file.write(json.dumps(user, ensure_ascii=False, separators=(",", ":")) + "\n")


def make_files(folder, numbers):
    for number in range(FILES):
        place = os.path.join(folder, FOLDERS[number % len(FOLDERS)])
        os.makedirs(place, exist_ok=True)
        size = min(FILE_BYTES_MAX, int(numbers.expovariate(1 / FILE_BYTES_MEAN)))
        if number % 100 == 0:
            size = 0
        if number % 500 == 1:
            size = FILE_BYTES_MAX
        name = f"{number:04}-é.txt" if number % 50 == 7 else f"{number:04}.{ENDINGS[number % 5]}"
        with open(os.path.join(place, name), "xb") as file:
            file.write(numbers.randbytes(size))


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: seed.py FOLDER")
    root = os.path.abspath(sys.argv[1])
    blue = os.path.join(root, "data", "blue")
    zone = os.path.join(root, "example.test.zone")
    try:
        os.makedirs(root, exist_ok=True)
        os.mkdir(os.path.join(root, "data"))
        os.mkdir(blue)
        with open(zone, "x", encoding="ascii") as file:
            file.write(ZONE)
    except FileExistsError as error:
        sys.exit(f"seed.py: '{error.filename}' is there already; remove it or name another folder")
    numbers = random.Random(SEED)
    make_table(os.path.join(blue, "app.db"), people(numbers))
    make_files(os.path.join(blue, "files"), numbers)
    make_users(os.path.join(blue, "users.jsonl"), users(numbers))


if __name__ == "__main__":
    main()
