internal import Digests
internal import Foundation
internal import Resources
internal import Wire

/// A template in the form in which CloudFormation takes it.
enum StackTemplateSource: Sendable {
  case body(String)
  case url(String)

  /// Source: "CloudFormation quotas": what a request may carry, and what S3 may hold.
  static let bodyBytesMax = 51_200
  static let bytesMax = 1_048_576

  var parameters: [(String, String)] {
    switch self {
    case .body(let text): [("TemplateBody", text)]
    case .url(let text): [("TemplateURL", text)]
    }
  }

  /// Reads a file, or finds the address of a template that is in S3 already.
  static func read(
    _ location: String, bucket: ResourceURL?, _ client: AWSClient, _ context: ProviderContext
  ) async throws(Failure) -> StackTemplateSource {
    if location.hasPrefix("https://") { return .url(location) }
    if location.hasPrefix("s3://") {
      let url = try ResourceURL(location)
      return .url(address(url.authority, String(url.path.dropFirst()), client.region))
    }
    guard location.hasPrefix("/") else {
      throw .permanent(
        "the template '\(location)' is not an absolute path, https:// or s3://",
        hint: "Write the path from the root: a rollout may be carried on from another folder.")
    }
    let data: Data
    do {
      data = try Data(contentsOf: URL(filePath: location))
    } catch {
      throw .permanent(
        "the template '\(location)' cannot be read: \(error.localizedDescription)",
        hint: "Check the path and its rights.")
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      throw .permanent("the template '\(location)' is not UTF-8", hint: "Save it as UTF-8.")
    }
    return try await make(text, called: "'\(location)'", bucket: bucket, client, context)
  }

  /// A text as it is, or uploaded where it is too long for a request.
  static func make(
    _ text: String, called name: String, bucket: ResourceURL?, _ client: AWSClient,
    _ context: ProviderContext
  ) async throws(Failure) -> StackTemplateSource {
    let count = text.utf8.count
    if count <= bodyBytesMax { return .body(text) }
    guard count <= bytesMax else {
      throw .permanent(
        "the template \(name) has \(count) bytes; CloudFormation takes \(bytesMax)",
        hint: "Split it into nested stacks.")
    }
    guard let bucket else {
      throw .permanent(
        "the template \(name) has \(count) bytes, and a request carries \(bodyBytesMax)",
        hint: "Give 'templateBucket', a bucket in \(client.region) that it is uploaded to.")
    }
    return .url(try await upload(text, to: bucket, client, context))
  }

  /// Puts the template where its digest says; there already, it is put again with the same bytes.
  private static func upload(
    _ text: String, to bucket: ResourceURL, _ client: AWSClient, _ context: ProviderContext
  ) async throws(Failure) -> String {
    var place = bucket.namedPlace
    place.region = place.region ?? client.region
    let bytes = Array(text.utf8)
    let folder = bucket.path.split(separator: "/").map { "\($0)/" }.joined()
    let key = "\(folder)cutover-templates/\(Hex.text(Digest.sha256(bytes))).template"
    let s3 = try client.session.client(.s3, at: place, purpose: context.purpose)
    let inPath = s3.endpoint.isCustom || bucket.authority.contains(".")
    let path = key.split(separator: "/").map { PercentEncoding.escape(String($0)) }
      .joined(separator: "/")
    do throws(AWSFailure) {
      _ = try await s3.send(
        AWSCall(
          "PutObject", method: "PUT", path: inPath ? "/\(bucket.authority)/\(path)" : "/\(path)",
          headers: ["Content-Type": "text/plain"], body: bytes,
          hostLabel: inPath ? nil : bucket.authority))
    } catch {
      throw error.failure(bucket)
    }
    return address(bucket.authority, key, place.region ?? client.region)
  }

  /// Where CloudFormation, not this program, finds an object.
  private static func address(_ bucket: String, _ key: String, _ region: String) -> String {
    let domain = AWSPartition.of(region).suffix
    let path = key.split(separator: "/", omittingEmptySubsequences: false)
      .map { PercentEncoding.escape(String($0)) }.joined(separator: "/")
    return "https://\(bucket).s3.\(region).\(domain)/\(path)"
  }
}
