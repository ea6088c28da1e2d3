internal import JSON
internal import Resources
internal import Wire

/// Looks, without changing anything, at what the resources of a stack hold.
struct HolderLook: Sendable {
  enum Finding: Sendable {
    case found(count: Int, isProtected: Bool, key: String?)
    case gone
    case cannotTell(String)
  }

  /// One page of a bucket's listing; more are not counted.
  static let objectsShownMax = 1000

  private let dynamodb: AWSClient
  private let cognito: AWSClient
  let s3: AWSClient

  init(_ api: CloudFormationAPI, context: ProviderContext) throws(Failure) {
    let session = api.client.session
    let place = api.url.regionalPlace
    dynamodb = try session.client(.dynamodb, at: place, purpose: context.purpose)
    cognito = try session.client(.cognito, at: place, purpose: context.purpose)
    s3 = try session.client(.s3, at: place, purpose: context.purpose)
  }

  func table(_ name: String) async throws(Failure) -> Finding {
    do throws(AWSFailure) {
      let answer = try await dynamodb.json("DescribeTable", ["TableName": .string(name)])
      guard let table = answer["Table"] else {
        throw AWSFailure(.malformed("it has no 'Table'"), operation: "dynamodb:DescribeTable")
      }
      if table["TableStatus"]?.string == "DELETING" { return .gone }
      return .found(
        count: table["ItemCount"]?.integer ?? 0,
        isProtected: table["DeletionProtectionEnabled"]?.bool ?? false, key: nil)
    } catch {
      return try unsure(error, gone: "ResourceNotFoundException")
    }
  }

  func pool(_ id: String) async throws(Failure) -> Finding {
    do throws(AWSFailure) {
      let answer = try await cognito.json("DescribeUserPool", ["UserPoolId": .string(id)])
      guard let pool = answer["UserPool"] else {
        throw AWSFailure(
          .malformed("it has no 'UserPool'"), operation: "cognito-idp:DescribeUserPool")
      }
      return .found(
        count: pool["EstimatedNumberOfUsers"]?.integer ?? 0,
        isProtected: pool["DeletionProtection"]?.string == "ACTIVE", key: nil)
    } catch {
      return try unsure(error, gone: "ResourceNotFoundException")
    }
  }

  func bucket(_ name: String) async throws(Failure) -> Finding {
    do throws(AWSFailure) {
      let reply = try await s3.send(
        call("ListObjectVersions", "GET", name, [("versions", nil), ("max-keys", "1000")]))
      guard let page = S3Listing(reading: reply.body, of: .versions) else {
        throw AWSFailure(
          .malformed("it is cut or is no listing"), operation: "s3:ListObjectVersions")
      }
      let count = page.records.count
      return .found(count: count, isProtected: false, key: try await key(of: name))
    } catch {
      return try unsure(error, gone: "NoSuchBucket")
    }
  }

  /// The key that a bucket encrypts with; nil for none of one's own.
  private func key(of name: String) async throws(AWSFailure) -> String? {
    do throws(AWSFailure) {
      let reply = try await s3.send(call("GetBucketEncryption", "GET", name, [("encryption", nil)]))
      return try s3.xml(reply, "GetBucketEncryption")
        .at("Rule", "ApplyServerSideEncryptionByDefault", "KMSMasterKeyID")?.text
    } catch {
      if error.code == "ServerSideEncryptionConfigurationNotFoundError" { return nil }
      throw error
    }
  }

  /// Whose a bucket is.
  enum Owner: Sendable {
    /// The id of the stack that made it.
    case stack(String)
    case nobody
    case cannotTell(String)
  }

  private static let ownerTag = "aws:cloudformation:stack-id"

  /// By the tag that CloudFormation gives to every bucket that it makes.
  func owner(of bucket: String) async throws(Failure) -> Owner {
    do throws(AWSFailure) {
      let reply = try await s3.send(call("GetBucketTagging", "GET", bucket, [("tagging", nil)]))
      let root = try s3.xml(reply, "GetBucketTagging")
      guard root.first("TagSet") != nil else {
        throw AWSFailure(.malformed("it has no TagSet"), operation: "s3:GetBucketTagging")
      }
      let tags = S3TagSet(root)
      return tags[Self.ownerTag].map { .stack($0) } ?? .nobody
    } catch {
      if error.code == "NoSuchTagSet" { return .nobody }
      let failure = error.failure("it")
      if failure.kind == .cancelled { throw failure }
      return .cannotTell(failure.summary)
    }
  }

  func call(
    _ operation: String, _ method: String, _ bucket: String, _ query: [(String, String?)],
    headers: HTTPHeaders = [:], body: [UInt8] = []
  ) -> AWSCall {
    let inPath = s3.endpoint.isCustom || bucket.contains(".")
    return AWSCall(
      operation, method: method, path: inPath ? "/\(bucket)" : "/",
      query: query.map { (name: $0.0, value: $0.1) }, headers: headers, body: body,
      hostLabel: inPath ? nil : bucket)
  }

  private func unsure(_ error: AWSFailure, gone code: String) throws(Failure) -> Finding {
    if error.code == code { return .gone }
    let failure = error.failure("it")
    if failure.kind == .cancelled { throw failure }
    return .cannotTell(failure.summary)
  }
}
