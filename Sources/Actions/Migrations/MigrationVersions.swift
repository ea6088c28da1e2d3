package import Resources
import Rollouts

/// Two buckets whose versions are paired: where a history was copied, and what from.
package struct MigrationVersions: Decodable, Sendable, Hashable {
  package var from: ResourceURL
  package var to: ResourceURL
  /// Only objects whose keys begin so.
  package var prefix: String?

  static let inputs: [InputField] = [
    .required("from", .resource(.bucket), "The bucket whose histories were copied."),
    .required("to", .resource(.bucket), "The bucket that they were copied to."),
    .optional("prefix", .string, "Only objects whose keys begin so.", default: ""),
  ]

  /// The buckets, both of which must keep versions; nil while one of them is not there yet.
  func pairing(in site: Site) async throws(Failure) -> VersionPairing? {
    guard let source = try site.bucket(from) as? any VersionKeeping,
      let target = try site.bucket(to) as? any VersionKeeping
    else {
      throw .permanent(
        "versions of \(from) and \(to) cannot be paired", hint: "Name two buckets of S3.")
    }
    for bucket in [source, target] where try await bucket.description() == nil {
      guard site.isPreview else {
        throw .permanent(
          "\(bucket.url) does not exist", hint: "Name a bucket that is there, or make it first.")
      }
      return nil
    }
    return VersionPairing(source: source, target: target, prefix: ObjectKey(prefix ?? ""))
  }
}
