internal import SQLite

/// The tables and views of the journal, as they came to be.
///
/// A migration is never edited once released. The tables are plain to read with the `sqlite3`
/// shell: times are RFC 3339 text in UTC, kinds are words, details are JSON text.
enum Schema {
  /// Says in the file's header whose it is: `cutv`.
  static let applicationID: Int32 = 0x6375_7476

  static let migrations = Migrations([
    Migration("tables", tables), Migration("guards", guards), Migration("views", views),
    Migration("migrations", migrationLines),
  ])

  /// Journals from this version on can be read as they are; what they lack is empty.
  static let readableSince = 3

  private static let tables = """
    PRAGMA application_id = \(applicationID);

    CREATE TABLE environment (
      name TEXT NOT NULL PRIMARY KEY,
      live TEXT NOT NULL CHECK (live IN ('blue', 'green')),
      since TEXT NOT NULL,
      -- the fact or the person that made the colour live
      cause TEXT NOT NULL,
      seal TEXT NOT NULL
    ) STRICT;

    CREATE TABLE rollout (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      id TEXT NOT NULL UNIQUE,
      environment TEXT NOT NULL REFERENCES environment (name),
      from_colour TEXT NOT NULL CHECK (from_colour IN ('blue', 'green')),
      to_colour TEXT NOT NULL CHECK (to_colour IN ('blue', 'green') AND to_colour <> from_colour),
      playbook_name TEXT NOT NULL,
      playbook TEXT NOT NULL,
      parameters TEXT NOT NULL,
      preview TEXT NOT NULL,
      started TEXT NOT NULL,
      -- hash over the columns above and the origin of the rollout before
      origin TEXT NOT NULL,
      -- how many facts there are, and the hash of the last one
      fact_count INTEGER NOT NULL,
      head TEXT NOT NULL,
      ended TEXT,
      outcome TEXT CHECK (outcome IN ('completed', 'rolled-back')),
      CHECK ((ended IS NULL) = (outcome IS NULL))
    ) STRICT;
    CREATE UNIQUE INDEX one_open_rollout ON rollout (environment) WHERE ended IS NULL;

    CREATE TABLE fact (
      rollout TEXT NOT NULL REFERENCES rollout (id),
      sequence INTEGER NOT NULL,
      at TEXT NOT NULL,
      kind TEXT NOT NULL,
      step TEXT,
      detail TEXT NOT NULL,
      -- the colour that became live with this fact
      live TEXT CHECK (live IN ('blue', 'green')),
      -- SHA-256 over the hash before and the columns above
      hash TEXT NOT NULL,
      PRIMARY KEY (rollout, sequence)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE checkpoint (
      rollout TEXT NOT NULL REFERENCES rollout (id),
      step TEXT NOT NULL,
      at TEXT NOT NULL,
      value TEXT NOT NULL,
      -- hash over the columns above: a wrong checkpoint would lose data
      seal TEXT NOT NULL,
      PRIMARY KEY (rollout, step)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE request (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      rollout TEXT NOT NULL REFERENCES rollout (id),
      verb TEXT NOT NULL,
      step TEXT,
      who TEXT NOT NULL,
      role TEXT,
      reason TEXT NOT NULL,
      asked TEXT NOT NULL,
      answered TEXT,
      -- empty when it was done, otherwise why it was not
      answer TEXT,
      CHECK ((answered IS NULL) = (answer IS NULL))
    ) STRICT;
    CREATE INDEX pending_request ON request (rollout, id) WHERE answered IS NULL;

    CREATE TABLE lease (
      environment TEXT NOT NULL PRIMARY KEY,
      -- grows with every holder, so that an older one is known
      epoch INTEGER NOT NULL,
      held INTEGER NOT NULL CHECK (held IN (0, 1)),
      person TEXT NOT NULL,
      host TEXT NOT NULL,
      pid INTEGER NOT NULL,
      incarnation TEXT NOT NULL,
      acquired TEXT NOT NULL,
      heartbeat TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    """

  /// What was recorded about migrations of data: only ever added to, like facts.
  ///
  /// It is no fact of a rollout, since a person may mark a migration without one.
  private static let migrationLines = """
    CREATE TABLE migration (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      environment TEXT NOT NULL,
      -- where it counts: 'journal', or the URL of a table
      registry TEXT NOT NULL,
      ordinal TEXT NOT NULL,
      name TEXT NOT NULL,
      event TEXT NOT NULL CHECK (event IN ('applied', 'marked', 'undone', 'unmarked')),
      -- SHA-256 of the file's bytes
      digest TEXT,
      at TEXT NOT NULL,
      who TEXT NOT NULL,
      rollout TEXT,
      reason TEXT NOT NULL,
      -- SHA-256 over the hash before and the columns above
      hash TEXT NOT NULL
    ) STRICT;

    CREATE TRIGGER migration_stays BEFORE UPDATE ON migration
    BEGIN SELECT RAISE(ABORT, 'a line about a migration is never changed'); END;

    CREATE TRIGGER migration_is_kept BEFORE DELETE ON migration
    BEGIN SELECT RAISE(ABORT, 'a line about a migration is never removed'); END;

    CREATE VIEW applied AS
    SELECT environment, registry, ordinal, name, event, at, who, rollout, reason, digest
    FROM migration AS latest
    WHERE event IN ('applied', 'marked') AND number = (
      SELECT max(number) FROM migration AS line
      WHERE line.environment = latest.environment AND line.registry = latest.registry
        AND line.name = latest.name
        AND ltrim(replace(line.ordinal, '_', ''), '0')
          = ltrim(replace(latest.ordinal, '_', ''), '0'))
    ORDER BY environment, registry, length(ltrim(replace(ordinal, '_', ''), '0')), ordinal;
    """

  /// What no statement may do, not even one typed into the `sqlite3` shell.
  private static let guards = """
    CREATE TRIGGER fact_is_next BEFORE INSERT ON fact
    WHEN NEW.sequence IS NOT (SELECT fact_count + 1 FROM rollout WHERE id = NEW.rollout)
    BEGIN SELECT RAISE(ABORT, 'a fact is only ever added behind the last one'); END;

    CREATE TRIGGER fact_stays BEFORE UPDATE ON fact
    BEGIN SELECT RAISE(ABORT, 'a fact is never changed'); END;

    CREATE TRIGGER fact_is_kept BEFORE DELETE ON fact
    BEGIN SELECT RAISE(ABORT, 'a fact is never removed'); END;

    CREATE TRIGGER rollout_stays BEFORE UPDATE OF number, id, environment, from_colour, to_colour,
      playbook_name, playbook, parameters, preview, started, origin ON rollout
    BEGIN SELECT RAISE(ABORT, 'what a rollout began with is never changed'); END;

    CREATE TRIGGER rollout_ends_once BEFORE UPDATE ON rollout WHEN OLD.ended IS NOT NULL
    BEGIN SELECT RAISE(ABORT, 'an ended rollout is never changed'); END;

    CREATE TRIGGER rollout_is_kept BEFORE DELETE ON rollout
    BEGIN SELECT RAISE(ABORT, 'a rollout is never removed'); END;

    CREATE TRIGGER environment_is_kept BEFORE DELETE ON environment
    BEGIN SELECT RAISE(ABORT, 'an environment is never removed'); END;
    """

  /// Answers for people: which colour is live, at which step are we, what happened.
  private static let views = """
    CREATE VIEW live AS
    SELECT environment.name AS environment, live, since, cause, rollout.id AS open_rollout
    FROM environment LEFT JOIN rollout ON rollout.environment = environment.name AND ended IS NULL;

    CREATE VIEW events AS
    SELECT rollout, sequence, at, kind, step,
      coalesce(detail ->> '$.by.name', detail ->> '$.driver') AS who,
      coalesce(detail ->> '$.by.reason', detail ->> '$.failure.summary',
        detail ->> '$.verification.detail', detail ->> '$.text',
        detail ->> '$.changes[0]') AS what,
      live
    FROM fact;

    CREATE VIEW progress AS
    SELECT latest.rollout, environment, latest.step, kind AS latest, latest.at,
      detail ->> '$.phase' AS phase, detail ->> '$.attempt' AS attempt,
      detail ->> '$.failure.summary' AS failure,
      checkpoint.at AS checkpoint_at, checkpoint.value AS checkpoint
    FROM (
      SELECT rollout, step, max(sequence) AS sequence, at, kind, detail
      FROM fact WHERE step IS NOT NULL AND kind <> 'noted' GROUP BY rollout, step
    ) AS latest
    JOIN rollout ON rollout.id = latest.rollout
    LEFT JOIN checkpoint
      ON checkpoint.rollout = latest.rollout AND checkpoint.step = latest.step
    ORDER BY rollout.number, latest.sequence;
    """
}
