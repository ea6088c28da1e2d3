import Resources
import Rollouts

/// Keeps what must not be done twice from being done twice behind a person's back.
///
/// A mark is set durably before anything is sent, under the number of times that a person has asked
/// to retry the step. Found set, it means that an earlier try began and that nobody has decided
/// since: the program was killed in the middle, or the answer never came.
struct SentMark {
  private let site: Site
  private let suffix: String

  /// `part` tells apart what one step sends to several places.
  init(in site: Site, of part: String? = nil) {
    self.site = site
    suffix = part.map { "-\($0)" } ?? ""
  }

  private func mark(_ retries: Int) -> StepMark { StepMark("sent-\(retries)\(suffix)", in: site) }

  private func retries() async -> Int {
    await site.record().steps.first { $0.id == site.step }?.retries ?? 0
  }

  /// Notes that something is about to be sent.
  ///
  /// Refuses if that was so before and no person has asked to retry since, unless `again`. True if
  /// it was not so before: only then may ``forget()`` be called.
  func begin(_ what: String, again: Bool) async throws(Failure) -> Bool {
    let retries = await retries()
    let isFirst = try !mark(retries).isSet()
    if !isFirst, !again {
      throw .refused(
        "\(what) was begun before, and how it ended is not known: it may have been carried out",
        hint: "Look there. 'cutover retry \(site.step)' does it once more, 'cutover skip "
          + "\(site.step) --reason TEXT' takes it for done.")
    }
    try mark(retries).set()
    return isFirst
  }

  /// Takes the note back: what was to be sent surely had no effect.
  func forget() async throws(Failure) { try mark(await retries()).clear() }

  /// Whether anything was ever sent, as far as it can be known.
  func hasBegun() async throws(Failure) -> Bool {
    for number in 0...(await retries()) where try mark(number).isSet() { return true }
    return false
  }
}
