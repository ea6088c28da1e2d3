import Resources
import Synchronization
import Wire

/// A bucket of S3, or what is below a folder of one.
///
/// Sources of the rules: the Amazon S3 API reference and user guide, and botocore's model of S3.
/// `S3Bucket+Listing`, `+Reading`, `+Writing`, `+Copying`, `+Versions`, `+Protection` and `+Emptying`
/// hold its verbs.
final class S3Bucket: BucketStore {
  let client: S3Client
  let limits: S3Limits
  /// Whether the bucket was seen to lock every new object, which it wants the digests of.
  let locksNew = Atomic(false)
  /// Who owns the bucket, once it was asked for.
  let owner = Mutex<String?>(nil)

  var location: S3Location { client.location }
  var url: ResourceURL { client.location.url }
  /// A listing tells size, time and entity tag only.
  var listsMetadata: Bool { false }

  init(_ client: S3Client, limits: S3Limits) {
    self.client = client
    self.limits = limits
  }

  func description() async throws(Failure) -> BucketDescription? {
    do throws(AWSFailure) {
      _ = try await client.call("HeadBucket", "HEAD")
      return BucketDescription()
    } catch {
      if Self.isAbsent(error) { return nil }
      throw client.failure(error)
    }
  }

  /// Makes the bucket in the region of the URL; one that is there and may be used is success.
  ///
  /// It is looked for first: in us-east-1, making one's own bucket again resets its access lists.
  func create() async throws(Failure) { try await create(headers: [:]) }

  /// One that is made again, after it was deleted, may have to wait until its name is free.
  func create(headers: HTTPHeaders, isAgain: Bool = false) async throws(Failure) {
    do throws(AWSFailure) {
      _ = try await client.call("HeadBucket", "HEAD")
      return
    } catch {
      // Without the right to look, the attempt to make it tells whose it is.
      guard Self.isAbsent(error) || error.isDenied else { throw client.failure(error) }
    }
    let region = try client.region
    let body =
      region == "us-east-1"
      ? ""
      : "<CreateBucketConfiguration xmlns=\"\(Self.namespace)\"><LocationConstraint>\(region)"
        + "</LocationConstraint></CreateBucketConfiguration>"
    do throws(AWSFailure) {
      _ = try await client.call("CreateBucket", "PUT", headers: headers, body: Array(body.utf8))
    } catch {
      switch error.code {
      case "BucketAlreadyOwnedByYou": return
      case "BucketAlreadyExists" where isAgain:
        throw .transient(
          "\(url): the name '\(location.bucket)' is still held after the bucket was deleted, or "
            + "another account has it by now",
          hint: "AWS frees a name after some minutes, at times after hours.")
      case "BucketAlreadyExists":
        throw .refused(
          "\(url): the name '\(location.bucket)' belongs to another account's bucket",
          hint: "Names are shared by all accounts of AWS; choose another one.")
      case _: throw client.failure(error)
      }
    }
  }

  func flush() async throws(Failure) {}

  /// Deletes the bucket; below a folder, only makes sure that nothing is left there.
  func remove() async throws(Failure) {
    if !location.prefix.isEmpty {
      guard try await description() != nil else { return }
      let page = try await page(after: nil, limit: 1)
      guard page.elements.isEmpty else { throw notEmpty() }
      return
    }
    do throws(AWSFailure) {
      _ = try await client.call("DeleteBucket", "DELETE")
    } catch {
      if Self.isAbsent(error) { return }
      if error.code == "BucketNotEmpty" { throw notEmpty() }
      throw client.failure(error)
    }
  }

  static let namespace = "http://s3.amazonaws.com/doc/2006-03-01/"

  private static let absentCodes: Set<String> = [
    "NoSuchBucket", "NoSuchKey", "NoSuchVersion", "NotFound", "404",
  ]

  /// True only for an answer that says so; denied is not absent.
  static func isAbsent(_ error: AWSFailure) -> Bool {
    guard case .service(let code, _, let status) = error.kind else { return false }
    return status == 404 && absentCodes.contains(code)
  }

  private func notEmpty() -> Failure {
    .refused(
      "\(url) is not empty, so it is not removed",
      hint: "Former versions and delete markers count too; 'buckets.empty' deletes them all.")
  }
}

/// The sizes and times that decide how an object is carried; tests make them small.
struct S3Limits: Sendable {
  /// Larger objects are stored in parts of at least this size.
  var partBytes: Int64 = 8 << 20
  /// Larger objects are copied in parts; CopyObject takes no more.
  var copyBytesMax: Int64 = 5 << 30
  /// The parts of a copy where the source's own cannot be had.
  var copyPartBytes: Int64 = 512 << 20
  var copyPartsAtOnce = 8
  /// Keys in one page of a listing of versions, and in one request to delete.
  var versionsPage = 1000
  /// How long a request may take that carries an object, or a part of one.
  var uploading = S3Client.uploading

  static let partsMax: Int64 = 10_000
  static let standard = S3Limits()
}

extension AWSFailure {
  /// The service's words; empty when none answered.
  var message: String {
    if case .service(_, let message, _) = kind { message } else { "" }
  }

  /// Whether the service refused to tell.
  var isDenied: Bool {
    guard case .service(let code, _, let status) = kind else { return false }
    return status == 403 || AWSFailure.deniedCodes.contains(code)
  }
}
