package import Resources

/// A stack of CloudFormation, `cloudformation://region/name`.
///
/// Everything is changed by change sets. What this program began is known by the token that the
/// stack's events carry, so that an operation is waited for, not begun again, after a crash.
package struct CloudFormationStack: StackDeployer {
  package typealias Note = @Sendable (String) async throws(Failure) -> Void

  package let url: ResourceURL
  let name: String
  let context: ProviderContext
  let api: CloudFormationAPI

  package init(
    _ url: ResourceURL, in context: ProviderContext, session: AWSSession
  ) throws(Failure) {
    let name = String(url.path.drop { $0 == "/" })
    guard Self.isName(name) else {
      throw .permanent(
        "\(url) names no stack: '\(name)' is not a name that CloudFormation allows",
        hint: "Write cloudformation://region/name, with letters, digits and '-'.")
    }
    self.url = url
    self.name = name
    self.context = context
    api = CloudFormationAPI(
      client: try session.client(
        .cloudformation, at: url.regionalPlace, purpose: context.purpose), url: url)
  }

  private static let nameBytesMax = 128

  private static func isName(_ name: String) -> Bool {
    guard let first = name.utf8.first, isLetter(first) else { return false }
    return name.utf8.count <= nameBytesMax
      && name.utf8.allSatisfy { isLetter($0) || (48...57).contains($0) || $0 == 45 }
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (65...90).contains(byte) || (97...122).contains(byte)
  }

  /// The role that CloudFormation itself takes on; nil for the caller's own rights.
  var serviceRole: [(String, String)] {
    url.parameter("serviceRole").map { [("RoleARN", $0)] } ?? []
  }

  /// What all change sets and tokens of this step begin with.
  var mark: String {
    let letters = (context.purpose ?? "by-hand").utf8.prefix(Self.purposeBytesMax).map { byte in
      Self.isLetter(byte) || (48...57).contains(byte) ? byte : 45
    }
    return "cutover-\(String(decoding: letters, as: UTF8.self))-"
  }

  private static let purposeBytesMax = 80

  /// Whether a change set is one that this step may take away: its own, or a preview's.
  ///
  /// Previews take theirs away themselves; what is left is of one that was killed.
  func isOurs(_ changeSet: String) -> Bool {
    changeSet.hasPrefix(mark) || changeSet.hasPrefix(Self.previewMark)
  }

  /// What the change sets of all previews begin with.
  private static let previewMark = "cutover-\(ProviderContext.previewPurpose)-"

  // MARK: Looking

  package func description() async throws(Failure) -> StackDescription? {
    guard let facts = try await api.stack(name), facts.phase != .gone else { return nil }
    // A shell owns nothing: it is what a change set for a stack to be made leaves.
    guard facts.phase != .empty else { return nil }
    let walk = try await StackWalk.take(from: facts, api)
    return StackDescription(
      state: facts.state, outputs: facts.outputValues,
      resources: walk.contents.resources.map { resource in
        "\(resource.name) (\(resource.type)\(resource.physicalID.map { ", \($0)" } ?? ""))"
      }, id: facts.id)
  }

  package func changes(_ template: StackTemplate) async throws(Failure) -> [String] {
    try await prepare(template, isKept: false).lines
  }

  // MARK: Plain verbs

  package func deploy(
    _ template: StackTemplate, note: Note
  ) async throws(Failure) -> [String: String] {
    try await withoutActuallyEscaping(note) { (note) async throws(Failure) in
      try await bringUp(template, planned: nil, watch(note))
    }
  }

  package func destroy(note: Note) async throws(Failure) {
    try await withoutActuallyEscaping(note) { (note) async throws(Failure) in
      try await takeDown(nil, StackDemolition(), watch(note))
    }
  }

  private func watch(_ note: @escaping Note) -> StackWatch {
    StackWatch(note: note, show: { _ in }, checkStop: { () throws(Failure) in })
  }
}

extension CloudFormationStack: StackInventory {
  package func contents() async throws(Failure) -> StackContents? {
    guard let facts = try await api.stack(name), facts.phase != .gone, facts.phase != .empty else {
      return nil
    }
    return try await StackWalk.take(from: facts, api).contents
  }
}
