internal import Digests
import Synchronization

/// The keys derived for signatures, kept so that each is derived once a day and not once a request.
///
/// Holds secrets; it never shows them.
package final class SigningKeys: Sendable {
  /// Enough for every region, service and account of one rollout; beyond it all are forgotten.
  private static let keysMax = 256

  private struct Name: Hashable {
    let accessKey: String
    let secretKey: String
    let day: ArraySlice<UInt8>
    let region: String
    let service: String
  }

  private let known = Mutex<[Name: [UInt8]]>([:])

  package init() {}

  func key(
    _ credentials: SigningCredentials, _ time: SigningTime, region: String, service: String,
    with stream: inout DigestStream
  ) -> [UInt8] {
    let name = Name(
      accessKey: credentials.accessKey, secretKey: credentials.secretKey, day: time.day,
      region: region, service: service)
    if let key = known.withLock({ $0[name] }) { return key }
    let key = Self.derive(credentials, time, region: region, service: service, with: &stream)
    known.withLock { known in
      if known.count >= Self.keysMax { known = [:] }
      known[name] = key
    }
    return key
  }

  static func derive(
    _ credentials: SigningCredentials, _ time: SigningTime, region: String, service: String,
    with stream: inout DigestStream
  ) -> [UInt8] {
    var key = HMAC.sha256(
      Array(time.day), key: Array("AWS4\(credentials.secretKey)".utf8), with: &stream)
    for part in [region, service, "aws4_request"] {
      key = HMAC.sha256(Array(part.utf8), key: key, with: &stream)
    }
    return key
  }
}
