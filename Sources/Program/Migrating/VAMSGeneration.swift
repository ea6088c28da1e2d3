/// Which generation of VAMS the data of a stack belong to, as far as they tell.
///
/// Decided from counts alone; a table that was not looked at counts as nil. What is partly migrated
/// is never guessed at.
struct VAMSGeneration: Sendable, Equatable {
  /// The shapes that an asset can have.
  struct Assets: Sendable, Equatable {
    /// With versions inside of it: neither migration was here.
    var old = 0
    /// With the bucket's name in its location: the draft that was called 2.2 to 2.3.
    var draft = 0
    /// With the id of its bucket.
    var later = 0
    /// With none of these, such as an asset that never had a version.
    var silent = 0

    var all: Int { old + draft + later + silent }
  }

  struct Counts: Sendable, Equatable {
    var assets = Assets()
    var oldConstraints: Int?
    var constraints: Int?
    var oldMetadata: Int?
    var metadata: Int?
    var versions: Int?
    var versionsV2: Int?
    var fileVersions: Int?
    var fileVersionsV2: Int?
    /// Rows without the key that 2.5 asks them by.
    var bareMetadataVersions: Int?
    /// Of tables that rows of `migrations.json` speak of, by construct.
    var others: [String: Int] = [:]
  }

  /// The generation; nil when it cannot be told.
  var release: String?
  var because: String
  /// The migration that comes next, if one does.
  var next: String?

  static func of(_ counts: Counts) -> VAMSGeneration {
    let assets = counts.assets
    let shapes = [assets.old, assets.draft, assets.later].filter { $0 > 0 }.count
    guard shapes <= 1 else {
      return mixed(
        "\(assets.old) assets have versions inside of them, \(assets.draft) a bucket in their "
          + "location, and \(assets.later) the id of a bucket: a migration was not finished, or "
          + "two were run")
    }
    if assets.old > 0 {
      return VAMSGeneration(
        release: "2.1",
        because: "\(assets.old) assets have versions inside of them, none has "
          + "another shape", next: "v2.1-to-v2.2")
    }
    if assets.draft > 0 {
      return VAMSGeneration(
        release: draft,
        because: "\(assets.draft) assets have the bucket's name in their location and no bucketId: "
          + "the draft that was called 2.2 to 2.3 was here, which no release continues")
    }
    guard assets.later > 0 else {
      return mixed(
        assets.all == 0
          ? "there are no assets" : "none of the \(assets.all) assets says which release it is of")
    }
    return later(counts)
  }

  /// The same, with what the rows of `migrations.json` know of later releases.
  ///
  /// A table that was not looked at says nothing: the migration comes next then.
  static func of(_ counts: Counts, later migrations: [VAMSMigration]) -> VAMSGeneration {
    var found = of(counts)
    guard found.release != nil, found.next == nil, found.release != draft else { return found }
    for migration in migrations {
      guard let evidence = migration.evidence else { continue }
      let stages = evidence.moved.map { stage(counts.others[$0.from], counts.others[$0.to]) }
      guard stages.contains(.done), !stages.contains(.pending) else {
        if stages.contains(.done) {
          return mixed("only a part is in the tables of \(evidence.release)")
        }
        found.next = migration.name
        return found
      }
      found = VAMSGeneration(
        release: evidence.release, because: "items are in the tables of \(evidence.release)")
    }
    return found
  }

  private static let draft = "2.3-draft"

  /// What is told by the tables that came with 2.4 and 2.5.
  private static func later(_ counts: Counts) -> VAMSGeneration {
    switch (
      stage(counts.oldConstraints, counts.constraints),
      stage(counts.oldMetadata, counts.metadata)
    )
    {
    case (nil, nil):
      return VAMSGeneration(
        release: "2.2",
        because: "assets have the id of their bucket; the data of 2.3 are the same, and tables of "
          + "2.4 were not looked at", next: "v2.2-to-v2.3")
    case (.pending, .done), (.done, .pending), (.partial, _), (_, .partial):
      return mixed("of constraints and metadata, only a part is in the tables of 2.4")
    case (.pending, _), (_, .pending):
      return VAMSGeneration(
        release: "2.3", because: "constraints or metadata are in their old tables only",
        next: "v2.3-to-v2.4")
    case (.done, _), (_, .done), (.empty, _), (_, .empty):
      return last(counts)
    }
  }

  private static func last(_ counts: Counts) -> VAMSGeneration {
    let stages = [
      stage(counts.versions, counts.versionsV2, isRowForRow: true),
      stage(counts.fileVersions, counts.fileVersionsV2, isRowForRow: true),
    ].compactMap { $0 }
    if stages.isEmpty {
      return VAMSGeneration(
        release: "2.4",
        because: "constraints and metadata are in the tables of 2.4; those of 2.5 "
          + "were not looked at", next: "v2.4-to-v2.5")
    }
    let bare = counts.bareMetadataVersions ?? 0
    let isPending = stages.contains(.pending)
    if stages.contains(.partial) || isPending && stages.contains(.done) {
      return mixed("only a part of the versions is in the tables of 2.5")
    }
    if isPending {
      return VAMSGeneration(
        release: "2.4", because: "versions are in their old tables only", next: "v2.4-to-v2.5")
    }
    guard bare == 0 else {
      return mixed(
        "versions are in the tables of 2.5, but \(bare) rows of metadata versions lack the key "
          + "that it asks by")
    }
    return VAMSGeneration(release: "2.5", because: "versions are in the tables of 2.5")
  }

  private enum Stage {
    case empty
    case pending
    case partial
    case done
  }

  /// How far one table has become another; nil when either was not looked at.
  private static func stage(_ old: Int?, _ new: Int?, isRowForRow: Bool = false) -> Stage? {
    guard let old, let new else { return nil }
    switch (old, new) {
    case (0, 0): return .empty
    case (_, 0): return .pending
    case (0, _): return .done
    case (_, _): return isRowForRow && new < old ? .partial : .done
    }
  }

  private static func mixed(_ because: String) -> VAMSGeneration {
    VAMSGeneration(release: nil, because: because)
  }
}
