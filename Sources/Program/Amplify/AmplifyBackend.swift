internal import Digests
internal import JSON
internal import Resources

/// A backend of Amplify: a branch of an app, or somebody's sandbox of a package.
struct AmplifyBackend: Sendable, Equatable {
  enum Kind: String, Sendable {
    case branch
    case sandbox
  }

  let kind: Kind
  /// The app's id, or the name in `package.json`.
  let namespace: String
  let name: String

  var names: AmplifyNames { AmplifyNames(namespace: namespace, name: name) }

  var title: String {
    switch kind {
    case .branch: "branch \(name) of \(namespace)"
    case .sandbox: "sandbox \(name) of \(namespace)"
    }
  }

  /// The lengths that Amplify's own tool cuts the parts of a sandbox's stack to.
  private static let nameBytesMax = 50
  private static let stackBytesMax = 128
  private static let digestDigits = 10

  /// What Amplify's own tool calls the stack of a sandbox.
  ///
  /// Source: BackendIdentifierConversions in `@aws-amplify/platform-core`.
  var sandboxStack: String {
    let short = Self.letters(name).prefix(Self.nameBytesMax)
    let fixed = "amplify".utf8.count + "sandbox".utf8.count + 4 + Self.digestDigits + 1
    let space = Self.letters(namespace)
      .prefix(max(0, Self.stackBytesMax - fixed - short.utf8.count))
    let digest = Digest.hex(Digest.sha512(Array((namespace + name).utf8)))
      .prefix(Self.digestDigits)
    return "amplify-\(space)-\(short)-sandbox-\(digest)"
  }

  private static func letters(_ text: String) -> String {
    String(decoding: text.utf8.filter(StackResource.isAlphanumeric), as: UTF8.self)
  }
}
