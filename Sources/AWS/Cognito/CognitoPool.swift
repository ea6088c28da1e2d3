import JSON
package import Resources
import Synchronization

extension Provider {
  /// User pools of Amazon Cognito.
  package static func cognito(in session: AWSSession) -> Provider {
    Provider(
      scheme: "cognito", summary: "Users in a user pool of Amazon Cognito.",
      example: "cognito://us-east-1/us-east-1_AbCdEfGhI",
      parameters: Parameter.credentials + [
        Parameter(
          "share",
          "Percent of Cognito's standard request quotas to use, which all pools of an account "
            + "share; 50 if left out.")
      ],
      open: .users { url, context throws(Failure) in
        try CognitoPool(url, in: session, purpose: context.purpose)
      },
      permissions: { (url, use) throws(Failure) in try CognitoPool.permissions(url, use) })
  }
}

/// A user pool, `cognito://region/pool-id`.
///
/// The pool itself belongs to its stack and is never made here. Users keep their names exactly;
/// where a pool takes an address for a name, that is the name. The `sub`, password hashes, secrets
/// of authenticator apps, devices and links to other providers cannot be moved.
struct CognitoPool: UserDirectory {
  private static let shareRange = 1...10_000
  private static let shareDefault = 50
  /// Requests under way at once; the pacer decides how many start in a second.
  static let atOnce = 8

  let url: ResourceURL
  let calls: CognitoCalls
  private let memory = Memory()

  /// What was read once, for the lifetime of one verb.
  private final class Memory: Sendable {
    struct Content {
      var definition: CognitoDefinition?
      var hasGroups: Bool?
      var columns: [String]?
      var page: (token: String?, users: [JSONValue], next: String?)?
    }
    let content = Mutex(Content())
  }

  init(_ url: ResourceURL, in session: AWSSession, purpose: String?) throws(Failure) {
    self.url = url
    let share = url.parameter("share").map { Int($0) } ?? Self.shareDefault
    guard let share, Self.shareRange.contains(share) else {
      throw .permanent(
        "\(url): 'share' is not a number from \(Self.shareRange.lowerBound) to "
          + "\(Self.shareRange.upperBound)", hint: "It is a percentage of the standard quotas.")
    }
    calls = CognitoCalls(
      client: try session.client(.cognito, at: url.regionalPlace, purpose: purpose),
      pool: try Self.id(of: url), pacer: CognitoPacer(share: Double(share) / 100))
  }

  static func id(of url: ResourceURL) throws(Failure) -> String {
    let id = String(url.path.drop { $0 == "/" })
    guard !id.isEmpty, !id.contains("/"), !url.authority.isEmpty else {
      throw .permanent(
        "'\(url)' does not name a user pool",
        hint: "Write cognito://region/pool-id, such as cognito://us-east-1/us-east-1_AbCdEfGhI.")
    }
    return id
  }

  var slowdown: String? { calls.pacer.slowdown }

  var rememberedColumns: [String]? { memory.content.withLock { $0.columns } }

  func remember(columns: [String]) { memory.content.withLock { $0.columns = columns } }

  // MARK: The pool

  func description() async throws(Failure) -> UserDirectoryDescription? {
    guard let definition = try await readDefinition() else { return nil }
    return UserDirectoryDescription(
      carriesPasswordHashes: false, attributes: definition.attributes.map(\.name).sorted(),
      requiredAttributes: definition.attributes.filter(\.isRequired).map(\.name).sorted(),
      nameAttributes: definition.nameAttributes.isEmpty ? nil : definition.nameAttributes,
      ignoresCase: definition.ignoresCase, factors: try await factors(definition),
      passwordLengthMin: definition.passwordLengthMin)
  }

  func create() async throws(Failure) {
    guard try await readDefinition() == nil else { return }
    throw .refused(
      "\(url): there is no such user pool, and it is not made here",
      hint: "A user pool comes with its stack; deploy it first, or correct the pool's id.")
  }

  func readDefinition() async throws(Failure) -> CognitoDefinition? {
    do throws(AWSFailure) {
      let answer = try await calls.call(.describeUserPool)
      let pool = try CognitoCalls.member("UserPool", in: answer, of: .describeUserPool)
      let definition = CognitoDefinition(pool)
      memory.content.withLock { $0.definition = definition }
      return definition
    } catch {
      if error.code == "ResourceNotFoundException" { return nil }
      throw error.failure(url)
    }
  }

  func definition() async throws(Failure) -> CognitoDefinition {
    if let known = memory.content.withLock({ $0.definition }) { return known }
    if let read = try await readDefinition() { return read }
    throw .permanent("\(url): there is no such user pool", hint: "Check region and pool id.")
  }

  /// The second factors that the pool has set up; of an authenticator app only new ones.
  private func factors(_ definition: CognitoDefinition) async throws(Failure) -> [SecondFactor] {
    guard definition.hasSecondFactors else { return [] }
    let settings = try await call(.getUserPoolMFA)
    var factors: [SecondFactor] = []
    if settings["SmsMfaConfiguration"]?["SmsConfiguration"] != nil { factors.append(.sms) }
    if settings["EmailMfaConfiguration"]?.members != nil { factors.append(.email) }
    if settings["SoftwareTokenMfaConfiguration"]?["Enabled"]?.bool == true { factors.append(.totp) }
    return factors
  }

  func call(
    _ operation: CognitoOperation, _ input: JSONValue = [:], isRepeatable: Bool = true
  ) async throws(Failure) -> JSONValue {
    do throws(AWSFailure) {
      return try await calls.call(operation, input, isRepeatable: isRepeatable)
    } catch {
      throw error.failure(url)
    }
  }

  // MARK: Listing

  func page(after position: PagePosition?, limit: Int) async throws(Failure) -> Page<User> {
    let (values, next) = try await list(after: position, limit: limit)
    let definition = try await definition()
    let hasGroups = try await self.hasGroups()
    let users = try await concurrentMap(values, atOnce: Self.atOnce) {
      value async throws(Failure) in
      try await whole(value, definition, hasGroups)
    }
    return Page(users.compactMap(\.self), next: next)
  }

  func outline(after position: PagePosition?, limit: Int) async throws(Failure) -> Page<User> {
    let (values, next) = try await list(after: position, limit: limit)
    let definition = try await definition()
    return Page(values.compactMap { definition.user($0) }, next: next)
  }

  /// A user of a listing with what takes further requests; nil for one who is gone by now.
  private func whole(
    _ value: JSONValue, _ definition: CognitoDefinition, _ hasGroups: Bool
  ) async throws(Failure) -> User? {
    guard var user = definition.user(value), let username = value["Username"]?.string else {
      throw .permanent("\(url) lists a user without a name", hint: "Report this bug.")
    }
    do throws(AWSFailure) {
      if definition.hasSecondFactors, user.externalProvider == nil {
        add(
          CognitoDefinition.factors(
            try await calls.call(.getUser, ["Username": .string(username)])), to: &user)
      }
      if hasGroups { user.groups = try await groups(of: username) }
    } catch {
      if error.code == "UserNotFoundException" { return nil }
      throw error.failure(url)
    }
    return user
  }

  private func add(_ factors: SecondFactors, to user: inout User) {
    user.factors = factors
    guard factors.methods.contains(.totp) else { return }
    user.unmovable = (user.unmovable ?? []) + ["the secret of an authenticator app"]
  }

  private func groups(of username: String) async throws(AWSFailure) -> [String] {
    try await calls.all(.listGroupsForUser, "Groups", ["Username": .string(username)])
      .compactMap { $0["GroupName"]?.string }
      .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Whether there is any group; where there is none, nobody needs to be asked for theirs.
  private func hasGroups() async throws(Failure) -> Bool {
    if let known = memory.content.withLock({ $0.hasGroups }) { return known }
    do throws(AWSFailure) {
      let answer = try await calls.call(.listGroups, ["Limit": 1])
      let groups = try CognitoCalls.list("Groups", in: answer, of: .listGroups)
      let has = !groups.isEmpty || answer["NextToken"]?.string != nil
      memory.content.withLock { $0.hasGroups = has }
      return has
    } catch {
      throw error.failure(url)
    }
  }

  func forgetGroups() { memory.content.withLock { $0.hasGroups = nil } }

  private func list(
    after position: PagePosition?, limit: Int
  ) async throws(Failure) -> (users: [JSONValue], next: PagePosition?) {
    precondition(limit > 0, "a page has room for a user")
    var listing = CognitoListing()
    if let position { listing = try CognitoListing(position, of: url) }
    let (page, start) = try await place(&listing)
    let rest = page.users[start...]
    let taken = Array(rest.prefix(limit))
    listing = listing.after(taken.compactMap { $0["Username"]?.string }, on: page.token)
    if taken.count < rest.count { return (taken, try listing.position()) }
    return (
      taken, try page.next.map { next throws(Failure) in try listing.turned(to: next).position() }
    )
  }

  private typealias RawPage = (token: String?, users: [JSONValue], next: String?)

  /// The page in which the listing goes on and the place in it; walks there where it must.
  private func place(_ listing: inout CognitoListing) async throws(Failure) -> (RawPage, Int) {
    if let page = try await rawPage(listing.token), let start = listing.start(in: names(page)) {
      return (page, start)
    }
    var token: String?
    repeat {
      guard let page = try await rawPage(token) else { break }
      if let index = listing.index(in: names(page)) {
        listing.given = index
        return (page, index)
      }
      token = page.next
    } while token != nil
    throw .permanent(
      "\(url): the place where the listing stopped cannot be found again: its token has expired "
        + "and \(listing.anchors.joined(separator: ", ")) are gone",
      hint: "Take the step back and run it anew; users who are there are not added twice.")
  }

  private func names(_ page: RawPage) -> [String] {
    page.users.map { $0["Username"]?.string ?? "" }
  }

  /// One page as the service gives it; nil when it does not know the token any more.
  private func rawPage(_ token: String?) async throws(Failure) -> RawPage? {
    if let token, let page = memory.content.withLock({ $0.page }), page.token == token {
      return page
    }
    var input: JSONValue = ["Limit": JSONValue(CognitoListing.limitMax)]
    input["PaginationToken"] = token.map { .string($0) }
    do throws(AWSFailure) {
      let answer = try await calls.call(.listUsers, input)
      let users = try CognitoCalls.list("Users", in: answer, of: .listUsers)
      let page: RawPage = (token, users, answer["PaginationToken"]?.string)
      guard page.next == nil || page.next != token else {
        throw AWSFailure(
          .malformed("it gives the same page again"), operation: "cognito-idp:ListUsers")
      }
      memory.content.withLock { $0.page = page }
      return page
    } catch {
      if token != nil, error.code == "InvalidParameterException" { return nil }
      throw error.failure(url)
    }
  }

  // MARK: Single users

  func user(named name: String) async throws(Failure) -> User? {
    do throws(AWSFailure) {
      let value = try await calls.call(.getUser, ["Username": .string(name)])
      _ = try CognitoCalls.member("Username", in: value, of: .getUser)
      let definition = try await definitionForCall()
      guard var user = definition.user(value), Self.isMeant(user, by: name, definition) else {
        return nil
      }
      if definition.hasSecondFactors, user.externalProvider == nil {
        add(CognitoDefinition.factors(value), to: &user)
      }
      user.groups = try await groups(of: value["Username"]?.string ?? name)
      return user
    } catch {
      if error.code == "UserNotFoundException" { return nil }
      throw error.failure(url)
    }
  }

  /// Whether a user has the name, and not only an alias like it: a pool finds by both.
  private static func isMeant(
    _ user: User, by name: String, _ definition: CognitoDefinition
  ) -> Bool {
    if user.name.utf8.elementsEqual(name.utf8) { return true }
    if user.externalProvider == nil, !definition.nameAttributes.isEmpty { return true }
    return definition.ignoresCase && user.name.lowercased() == name.lowercased()
  }

  private func definitionForCall() async throws(AWSFailure) -> CognitoDefinition {
    do throws(Failure) {
      return try await definition()
    } catch {
      throw AWSFailure(.local(error), operation: "cognito-idp:DescribeUserPool")
    }
  }

  func users(named names: [String]) async throws(Failure) -> [User?] {
    try await concurrentMap(names, atOnce: Self.atOnce) { name async throws(Failure) in
      try await user(named: name)
    }
  }

  func remove(_ names: [String]) async throws(Failure) {
    _ = try await concurrentMap(names, atOnce: Self.atOnce) { name async throws(Failure) in
      do throws(AWSFailure) {
        _ = try await calls.call(.deleteUser, ["Username": .string(name)])
      } catch {
        if error.code != "UserNotFoundException" { throw error.failure(url) }
      }
    }
  }
}
