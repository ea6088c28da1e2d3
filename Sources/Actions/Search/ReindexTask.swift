import JSON
import Resources

/// One copy of an index into another within a search domain, as a task that runs there.
///
/// Documents that the destination has are left alone, so that starting it again does no harm and
/// never puts an older document over a newer one. Source: `_reindex` and `_tasks` in the REST API
/// reference of OpenSearch.
struct ReindexTask: Sendable {
  /// What a task that has ended tells.
  struct Tally: Codable, Hashable, Sendable {
    var total: Int
    var created: Int
    /// Documents that the destination had already.
    var present: Int
  }

  enum State: Sendable {
    case running(done: Int, total: Int)
    case done(Tally)
    /// It has ended, but not well; it is begun anew when the step is tried again.
    case failed(Failure)
    /// The domain does not know of it: a node was replaced, and its tasks are forgotten.
    case lost
  }

  let data: SearchData
  let from: String
  let to: String
  let step: String

  private static let absent: Set<String> = ["resource_not_found_exception"]
  private static let failuresShown = 5

  private var title: String { "the copy of \(from) into \(to)" }

  /// The id of a task of this copy that runs already; nil for none.
  func running() async throws(Failure) -> String? {
    let mark = "reindex from [\(from)] to [\(to)]"
    return try await data.reindexings().filter { $0.value.hasPrefix(mark) }.keys.sorted().first
  }

  func start() async throws(Failure) -> String {
    let input: JSONValue = [
      "conflicts": "proceed", "source": ["index": .string(from)],
      "dest": ["index": .string(to), "op_type": "create"],
    ]
    let answer = try await data.call(
      "POST", "/_reindex?wait_for_completion=false", input, about: title, isRepeatable: false)
    switch answer {
    case .answer(let value):
      guard let id = value["task"]?.string else {
        throw .transient("\(title): the domain named no task", hint: "It is looked for.")
      }
      return id
    case .error(_, let failure): throw failure
    }
  }

  func state(of id: String) async throws(Failure) -> State {
    let path = "/_tasks/\(SearchData.escaped(id))"
    let answer = try await data.find("GET", path, about: title, absent: Self.absent)
    guard let answer else { return .lost }
    guard answer["completed"]?.bool == true else {
      let status = answer["task"]?["status"]
      func number(_ name: String) -> Int { status?[name]?.integer ?? 0 }
      return .running(
        done: number("created") + number("updated") + number("version_conflicts"),
        total: number("total"))
    }
    do throws(Failure) {
      return .done(try tally(answer))
    } catch {
      return .failed(error)
    }
  }

  private func tally(_ answer: JSONValue) throws(Failure) -> Tally {
    let hint = "Mend the cause, then 'cutover retry \(step)': what is copied already is kept."
    if let error = answer["error"], !error.isNull {
      throw .permanent(
        "\(title) failed: \(error["type"]?.string ?? "") \(error["reason"]?.string ?? "")",
        hint: hint)
    }
    guard let response = answer["response"], let total = response["total"]?.integer else {
      throw .permanent("\(title) ended without a result", hint: hint)
    }
    if let reason = response["canceled"]?.string {
      throw .permanent("\(title) was cancelled: \(reason)", hint: hint)
    }
    let failures = response["failures"]?.elements ?? []
    guard failures.isEmpty else {
      let shown = failures.prefix(Self.failuresShown).map { failure in
        let cause = failure["cause"] ?? failure["reason"]
        let reason = cause?["reason"]?.string ?? cause?["type"]?.string ?? "no reason given"
        return "\(failure["id"]?.string ?? "a shard"): \(reason)"
      }
      let more = failures.count > shown.count ? " and \(failures.count - shown.count) more" : ""
      throw .permanent(
        "\(title) failed at \(failures.count) documents: \(shown.joined(separator: "; "))\(more)",
        hint: hint)
    }
    func number(_ name: String) -> Int { response[name]?.integer ?? 0 }
    let tally = Tally(
      total: total, created: number("created") + number("updated"),
      present: number("version_conflicts"))
    guard tally.created + tally.present == total, response["timed_out"]?.bool != true else {
      throw .permanent(
        "\(title) ended with \(tally.created + tally.present) of \(total) documents", hint: hint)
    }
    return tally
  }

  /// Ends all tasks that copy into the destination; those that are over are success.
  func cancelAll() async throws(Failure) {
    for (id, description) in try await data.reindexings()
    where description.contains(" to [\(to)]") {
      let path = "/_tasks/\(SearchData.escaped(id))/_cancel"
      _ = try await data.find("POST", path, about: title, absent: Self.absent)
    }
  }

  func isRunning() async throws(Failure) -> Bool {
    try await data.reindexings().values.contains { $0.contains(" to [\(to)]") }
  }
}
