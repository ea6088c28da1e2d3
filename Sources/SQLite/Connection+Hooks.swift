internal import CSQLite

extension Connection {
  /// Asks `decide` about every access of every statement compiled from now on; nil asks no more.
  ///
  /// A refused statement fails with `isUnauthorized` before it runs. The closure must not use the
  /// connection.
  package func authorize(_ decide: ((Access) -> Bool)?) {
    core.hooks.authorize = decide
    defer { core.forgetStatements() }
    guard decide != nil else {
      sqlite3_set_authorizer(core.handle, nil, nil)
      return
    }
    // The first use of a table-valued function defines its table inside, which looks like writing.
    for function in ["json_each", "json_tree"] {
      _ = try? rows("SELECT 1 FROM \(function)('[]')")
    }
    let context = Unmanaged.passUnretained(core.hooks).toOpaque()
    sqlite3_set_authorizer(
      core.handle,
      { context, code, first, second, database, _ in
        guard let context else { return SQLITE_DENY }
        let hooks = Unmanaged<Hooks>.fromOpaque(context).takeUnretainedValue()
        let access = Access(code: code, first, second, database)
        return hooks.authorize?(access) == true ? SQLITE_OK : SQLITE_DENY
      }, context)
  }

  /// Lets statements read and compute from now on, and nothing else.
  package func confineToReading() {
    authorize { $0.isReading }
  }

  /// Asks `shouldStop` every so many steps of SQLite's machine; nil asks no more.
  ///
  /// A stopped statement fails with `isInterrupted`. Ten thousand steps are well under a
  /// millisecond. The closure must not use the connection.
  package func stopWhen(everySteps: Int, _ shouldStop: (() -> Bool)?) {
    core.hooks.shouldStop = shouldStop
    guard shouldStop != nil else {
      sqlite3_progress_handler(core.handle, 0, nil, nil)
      return
    }
    let context = Unmanaged.passUnretained(core.hooks).toOpaque()
    sqlite3_progress_handler(
      core.handle, Int32(clamping: everySteps),
      { context in
        guard let context else { return 1 }
        let hooks = Unmanaged<Hooks>.fromOpaque(context).takeUnretainedValue()
        return hooks.shouldStop?() == true ? 1 : 0
      }, context)
  }

  /// What stops this connection from another thread.
  package var interrupter: Interrupter { core.hooks.interrupter }

  /// Bounds on what SQL may ask for, for statements that others wrote.
  package enum Limit: Sendable {
    /// Bytes of a text, blob or row.
    case valueBytes
    case sqlBytes
    case expressionDepth
    case attachedFiles
    case columns
    case compoundSelects
    case patternBytes

    var number: Int32 {
      switch self {
      case .valueBytes: SQLITE_LIMIT_LENGTH
      case .sqlBytes: SQLITE_LIMIT_SQL_LENGTH
      case .expressionDepth: SQLITE_LIMIT_EXPR_DEPTH
      case .attachedFiles: SQLITE_LIMIT_ATTACHED
      case .columns: SQLITE_LIMIT_COLUMN
      case .compoundSelects: SQLITE_LIMIT_COMPOUND_SELECT
      case .patternBytes: SQLITE_LIMIT_LIKE_PATTERN_LENGTH
      }
    }
  }

  /// Lowers a bound; the former value is given back.
  @discardableResult
  package func limit(_ limit: Limit, to value: Int) -> Int {
    Int(sqlite3_limit(core.handle, limit.number, Int32(clamping: value)))
  }
}
