import Resources
import Synchronization
import Wire

/// Sends calls about one bucket to the region where it is, in the style that its name allows.
///
/// A bucket that turns out to be in another region is followed there once.
final class S3Client: Sendable {
  let location: S3Location
  let session: AWSSession
  private let purpose: String?
  /// The client for the region found last.
  private let known = Mutex<AWSClient?>(nil)

  init(_ location: S3Location, _ session: AWSSession, purpose: String?) {
    self.location = location
    self.session = session
    self.purpose = purpose
  }

  /// For operations that take long before they answer, such as copies of large objects.
  static let patient = HTTPLimits(
    connecting: .seconds(10), transfer: .seconds(1800), stall: .seconds(300),
    bodyBytesMax: 16 << 20)

  /// For bodies that are sent: as long as bytes move, a slow line has time for all of them.
  static let uploading = HTTPLimits(
    connecting: .seconds(10), transfer: .seconds(1800), stall: .seconds(60),
    bodyBytesMax: 16 << 20)

  func call(
    _ operation: String, _ method: String, _ key: ObjectKey? = nil,
    query: [(name: String, value: String?)] = [], headers: HTTPHeaders = [:], body: [UInt8] = [],
    limits: HTTPLimits = .standard, isRepeatable: Bool = true
  ) async throws(AWSFailure) -> Wire.HTTPReply {
    let client = try client()
    do throws(AWSFailure) {
      return try await client.send(
        request(
          client, operation, method, key, query: query, headers: headers, body: body,
          limits: limits, isRepeatable: isRepeatable))
    } catch {
      guard let region = error.bucketRegion, region != client.region else { throw error }
      let other = try follow(to: region)
      return try await other.send(
        request(
          other, operation, method, key, query: query, headers: headers, body: body,
          limits: limits, isRepeatable: isRepeatable))
    }
  }

  /// The same, with the failure in words for a person.
  func send(
    _ operation: String, _ method: String, _ key: ObjectKey? = nil,
    query: [(name: String, value: String?)] = [], headers: HTTPHeaders = [:], body: [UInt8] = [],
    limits: HTTPLimits = .standard, isRepeatable: Bool = true
  ) async throws(Failure) -> Wire.HTTPReply {
    do throws(AWSFailure) {
      return try await call(
        operation, method, key, query: query, headers: headers, body: body, limits: limits,
        isRepeatable: isRepeatable)
    } catch {
      throw failure(error, key)
    }
  }

  /// Sends what may answer 200 with an error inside, because it answers before it has finished.
  ///
  /// Source: CopyObject, UploadPartCopy and CompleteMultipartUpload in the API reference.
  func sendLate(
    _ operation: String, _ method: String, _ key: ObjectKey,
    query: [(name: String, value: String?)] = [], headers: HTTPHeaders = [:], body: [UInt8] = [],
    isRepeatable: Bool = true
  ) async throws(AWSFailure) -> XMLNode {
    var attempt = 0
    while true {
      attempt += 1
      let reply = try await call(
        operation, method, key, query: query, headers: headers, body: body, limits: Self.patient,
        isRepeatable: isRepeatable)
      let failure: AWSFailure
      if let root = XMLNode(reading: reply.body) {
        if root.name != "Error" { return root }
        failure = AWSErrorReply(reply).failure(
          operation: "s3:\(operation)", at: session.clock.now())
      } else {
        failure = AWSFailure(.malformed("it is not XML"), operation: "s3:\(operation)")
      }
      guard failure.isTransient, isRepeatable, attempt < AWSClient.attemptsMax else {
        throw failure
      }
      do throws(CancellationError) {
        let most = Self.lateWait * (1 << attempt)
        try await session.clock.sleep(for: most * session.settings.random())
      } catch {
        throw AWSFailure(.local(.cancelled), operation: "s3:\(operation)")
      }
    }
  }

  private static let lateWait: Duration = .milliseconds(50)

  /// Begins to read an object's content; what becomes of the body is the caller's affair.
  func stream(
    _ key: ObjectKey, query: [(name: String, value: String?)] = [], headers: HTTPHeaders
  ) async throws(AWSFailure) -> HTTPStreamedReply {
    let client = try client()
    do throws(AWSFailure) {
      return try await client.stream(
        request(
          client, "GetObject", "GET", key, query: query, headers: headers, body: [],
          limits: .streaming, isRepeatable: true))
    } catch {
      guard let region = error.bucketRegion, region != client.region else { throw error }
      let other = try follow(to: region)
      return try await other.stream(
        request(
          other, "GetObject", "GET", key, query: query, headers: headers, body: [],
          limits: .streaming, isRepeatable: true))
    }
  }

  func failure(_ error: AWSFailure, _ key: ObjectKey? = nil) -> Failure {
    let what = key.map { "\(location.url): '\($0.text)'" } ?? "\(location.url)"
    switch error.code {
    case "PreconditionFailed":
      return .transient("\(what) was changed while it was read", hint: "Read again.")
    case "NoSuchBucket":
      return .permanent("\(location.url) does not exist", hint: "Name a bucket that is there.")
    case "InvalidObjectState":
      return .refused(
        "\(what) is archived and cannot be read", hint: "Restore it from its archive first.")
    case "ConditionalRequestConflict":
      return .transient(
        "\(what) was written by somebody else at the same time", hint: "It is tried again.")
    case "OperationAborted":
      return .transient(
        "\(what): a conflicting change is still under way at AWS (\(error.operation))",
        hint: "The name of a deleted bucket stays taken for some minutes, at times for hours.")
    case _: return error.failure(what)
    }
  }

  func malformed(_ operation: String, _ why: String) -> Failure {
    .transient(
      "\(location.url): s3:\(operation) gave an answer that cannot be believed: \(why)",
      hint: "It is tried again; look at what stands between here and AWS.")
  }

  var region: String {
    get throws(Failure) {
      do throws(AWSFailure) {
        return try client().region
      } catch {
        throw failure(error)
      }
    }
  }

  /// Goes on in a region that the URL does not name.
  func settle(in region: String) throws(Failure) {
    do throws(AWSFailure) {
      _ = try follow(to: region)
    } catch {
      throw failure(error)
    }
  }

  private func client() throws(AWSFailure) -> AWSClient {
    if let client = known.withLock({ $0 }) { return client }
    return try follow(to: nil)
  }

  private func follow(to region: String?) throws(AWSFailure) -> AWSClient {
    var place = location.place
    if let region { place.region = region }
    do throws(Failure) {
      let client = try session.client(.s3, at: place, purpose: purpose)
      known.withLock { $0 = client }
      return client
    } catch {
      throw AWSFailure(.local(error), operation: "s3")
    }
  }

  private func request(
    _ client: AWSClient, _ operation: String, _ method: String, _ key: ObjectKey?,
    query: [(name: String, value: String?)], headers: HTTPHeaders, body: [UInt8],
    limits: HTTPLimits, isRepeatable: Bool
  ) -> AWSCall {
    let isHost = !client.endpoint.isCustom && location.isHostName
    let object = key.map { location.path($0) } ?? ""
    let path =
      isHost
      ? "/\(object)" : key == nil ? "/\(location.bucket)" : "/\(location.bucket)/\(object)"
    var headers = headers
    if let owner = location.owner { headers.set("x-amz-expected-bucket-owner", owner) }
    return AWSCall(
      operation, method: method, path: path, query: query, headers: headers, body: body,
      limits: limits, isRepeatable: isRepeatable, hostLabel: isHost ? location.bucket : nil)
  }
}
