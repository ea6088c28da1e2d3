import JSON
import Resources

/// Where a listing of a user pool goes on.
///
/// The service's own token lives for a while only, so the position also names the users who were
/// given last: with them the place is found again from the beginning. Tokens are always used with
/// the page size that they came from.
struct CognitoListing: Codable, Sendable {
  /// The most that the service gives at once.
  static let limitMax = 60
  /// More users than these would have to vanish during a pause for the place to be lost.
  private static let anchorsMax = 8

  /// Of the page in which the listing goes on; nil for the first one.
  var token: String?
  /// Names of the users given last, the latest at the end.
  var anchors: [String] = []
  /// How many users of that page were given.
  var given = 0

  init() {}

  init(_ position: PagePosition, of url: ResourceURL) throws(Failure) {
    do {
      self = try JSONValue(reading: Array(position.text.utf8)).decode(as: Self.self)
    } catch {
      throw .permanent(
        "'\(position.text)' is no position in \(url)",
        hint: "The checkpoint is of another version; start the step anew.")
    }
  }

  func position() throws(Failure) -> PagePosition {
    do throws(JSONMismatch) {
      return PagePosition(try JSONValue(encoding: self).text)
    } catch {
      throw .permanent("a position cannot be written: \(error)", hint: "Report this bug.")
    }
  }

  /// The index in the page of the first user who was not given yet; nil when that cannot be told.
  func start(in names: [String]) -> Int? {
    if given == 0 { return 0 }
    if let index = index(in: names) { return index }
    // Everybody who was given is gone since, so all others are still to come.
    return given <= anchors.count ? 0 : nil
  }

  /// The place behind the last of the anchors that is there.
  func index(in names: [String]) -> Int? {
    for anchor in anchors.reversed() {
      if let index = names.lastIndex(where: { $0.utf8.elementsEqual(anchor.utf8) }) {
        return index + 1
      }
    }
    return nil
  }

  /// The listing after some more users of the page were given.
  func after(_ names: some Sequence<String>, on page: String?) -> CognitoListing {
    var next = self
    next.token = page
    let all = anchors + names
    next.anchors = all.suffix(Self.anchorsMax)
    next.given = given + (all.count - anchors.count)
    return next
  }

  /// The listing at the beginning of another page.
  func turned(to page: String) -> CognitoListing {
    var next = self
    next.token = page
    next.given = 0
    return next
  }
}
