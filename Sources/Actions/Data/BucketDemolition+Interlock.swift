import Resources
import Rollouts

extension BucketDemolition {
  private static let namedMax = 5

  /// That the deleting has begun, so that the bucket may hold less than the backup.
  private var begunPath: String { "\(site.workFolder)/deleting" }

  var hasBegun: Bool {
    get throws(Failure) { try LineReader(begunPath) != nil }
  }

  func noteBegun() throws(Failure) {
    try WorkFiles.mark(begunPath)
  }

  /// Refuses while the outside shows the side that the bucket belongs to, or cannot tell.
  func checkNotLive() async throws(Failure) {
    guard let live = site.live, input.waive?.contains(.dns) != true else { return }
    let colour = (input.side ?? .from) == .from ? site.from : site.to
    let sign = live.sign(of: colour)
    var problems: [String] = []
    for source in try await LiveSighting.look(live, in: site).sources {
      switch source.finding {
      case .shows(let values):
        if LiveSighting.matches(values, sign, of: live) {
          problems.append("\(source.name) still shows \(sign.value) at \(live.recordName)")
        }
      case .cannotTell(let reason): problems.append("\(source.name) cannot be asked: \(reason)")
      }
    }
    problems += try await LiveValues.look(live, in: site).doubts(that: colour)
    guard problems.isEmpty else {
      throw .refused(
        "\(input.bucket) is not deleted, since \(colour.rawValue) may be live: "
          + problems.joined(separator: "; "),
        hint:
          "Make the other one live first, then 'cutover retry \(site.step)'; nothing was deleted.")
    }
  }

  /// Refuses unless everything that the bucket holds now is in the backup, alike.
  func checkSaved(_ pace: Pace) async throws(Failure) {
    guard let backup, input.waive?.contains(.backup) != true else { return }
    if let path = input.manifest {
      let (_, problems) = try await BucketManifest(path: path).check(
        backup, atOnce: Self.restoresAtOnce, namedMax: Self.namedMax, pace)
      try refuse(problems, "\(backup.url) is not what \(path) says")
    }
    let identity = BucketSync.strict
    var rows = BucketMerge(
      source: BucketWalk(bucket, prefix: ObjectKey("")),
      target: BucketWalk(backup, prefix: ObjectKey("")))
    var problems: [String] = []
    while problems.count < Self.namedMax {
      let page = try await rows.nextRows()
      if page.isEmpty { break }
      try pace.checkStop()
      problems += try await concurrentMap(page, atOnce: Self.restoresAtOnce) {
        row throws(Failure) -> String? in
        guard let own = row.source else { return nil }
        guard let saved = row.target else { return "'\(row.key.text)' is not saved" }
        return try await identity.isSame(own, in: bucket, saved, in: backup)
          ? nil : "'\(row.key.text)' is saved otherwise"
      }.compactMap(\.self)
    }
    try refuse(problems, "\(backup.url) does not hold what \(bucket.url) holds")
  }

  private func refuse(_ problems: [String], _ what: String) throws(Failure) {
    guard !problems.isEmpty else { return }
    throw .refused(
      "\(what): \(problems.prefix(Self.namedMax).joined(separator: "; "))",
      hint: "Make the backup again, then 'cutover retry \(site.step)'; nothing was deleted.")
  }
}
