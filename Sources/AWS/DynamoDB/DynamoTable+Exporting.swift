import JSON
package import Resources

extension DynamoTable: TableExporting {
  package func beginExport(
    _ order: TableExportOrder
  ) async throws(Failure) -> TableExport {
    var input: JSONValue = [
      "TableArn": .string(try await fullName()), "S3Bucket": .string(order.bucket),
      "ClientToken": .string(order.token), "ExportFormat": "DYNAMODB_JSON",
    ]
    if !order.prefix.isEmpty { input["S3Prefix"] = .string(order.prefix) }
    if let owner = order.bucketOwner { input["S3BucketOwner"] = .string(owner) }
    if let key = order.keyID {
      input["S3SseAlgorithm"] = "KMS"
      input["S3SseKmsKeyId"] = .string(key)
    }
    switch order.extent {
    case .full(let moment):
      input["ExportType"] = "FULL_EXPORT"
      if let moment { input["ExportTime"] = JSONValue(moment) }
    case .changes(let from, let to, let withOldImages):
      input["ExportType"] = "INCREMENTAL_EXPORT"
      var span: JSONValue = [
        "ExportFromTime": JSONValue(from),
        "ExportViewType": withOldImages ? "NEW_AND_OLD_IMAGES" : "NEW_IMAGE",
      ]
      if let to { span["ExportToTime"] = JSONValue(to) }
      input["IncrementalExportSpecification"] = span
    }
    do throws(AWSFailure) {
      return try export(
        try await value("ExportTableToPointInTime", input), "ExportTableToPointInTime")
    } catch {
      throw Self.refusal(error, url)
    }
  }

  private static func refusal(_ failure: AWSFailure, _ url: ResourceURL) -> Failure {
    let summary = failure.failure(url).summary
    switch failure.code {
    case "PointInTimeRecoveryUnavailableException":
      return .refused(
        summary, hint: "Switch point-in-time recovery on for the table, then 'cutover retry'.")
    case "InvalidExportTimeException":
      return .permanent(
        summary,
        hint: "Name a time within the table's recovery window; changes span 15 minutes to a day.")
    case "ExportConflictException":
      return .permanent(
        summary, hint: "Look whether the bucket exists and its policy lets DynamoDB write there.")
    case _: return failure.failure(url)
    }
  }

  /// How many exports are looked at: those of one table in 90 days, more than one an hour.
  private static let exportsMax = 3000

  package func export(begunWith token: String) async throws(Failure) -> TableExport? {
    try await export(begunWith: token, amongFirst: Self.exportsMax)
  }

  /// Throws where there are more: among the others it may be, and a second one costs again.
  func export(
    begunWith token: String, amongFirst most: Int
  ) async throws(Failure) -> TableExport? {
    let full = try await fullName()
    var next: String?
    var looked = 0
    repeat {
      var input: JSONValue = ["TableArn": .string(full), "MaxResults": 25]
      if let next { input["NextToken"] = .string(next) }
      let reply: JSONValue
      do throws(AWSFailure) {
        reply = try await value("ListExports", input)
      } catch {
        throw error.failure(url)
      }
      guard let summaries = reply["ExportSummaries"]?.elements else {
        throw AWSFailure(
          .malformed("it has no 'ExportSummaries'"), operation: client.name("ListExports")
        ).failure(url)
      }
      for summary in summaries {
        guard let id = summary["ExportArn"]?.string else { continue }
        looked += 1
        let export = try await describeExport(id)
        if export["ExportDescription"]?["ClientToken"]?.string?.utf8.elementsEqual(token.utf8)
          == true
        {
          return try read(export, "DescribeExport")
        }
      }
      next = reply["NextToken"]?.string
      guard next == nil || looked < most else {
        throw .permanent(
          "\(url) has more exports than can be looked through for the one that was begun",
          hint: "Look for it in the console; 'cutover rollback' gives the step up.")
      }
    } while next != nil
    return nil
  }

  package func export(withID id: String) async throws(Failure) -> TableExport {
    try read(try await describeExport(id), "DescribeExport")
  }

  private func describeExport(_ id: String) async throws(Failure) -> JSONValue {
    do throws(AWSFailure) {
      return try await value("DescribeExport", ["ExportArn": .string(id)])
    } catch {
      throw error.failure(id)
    }
  }

  private func read(_ reply: JSONValue, _ operation: String) throws(Failure) -> TableExport {
    do throws(AWSFailure) {
      return try export(reply, operation)
    } catch {
      throw error.failure(url)
    }
  }

  private func export(
    _ reply: JSONValue, _ operation: String
  ) throws(AWSFailure) -> TableExport {
    guard let told = reply["ExportDescription"], let id = told["ExportArn"]?.string,
      let state = Self.state(told)
    else {
      throw AWSFailure(
        .malformed("it has no 'ExportDescription'"), operation: client.name(operation))
    }
    var export = TableExport(id: id, state: state)
    export.itemCount = told["ItemCount"]?.integer
    export.byteCount = told["BilledSizeBytes"]?.integer.map { Int64($0) }
    export.moment =
      (told["ExportTime"] ?? told["IncrementalExportSpecification"]?["ExportToTime"])?.moment
    export.manifest = Self.manifest(told)
    return export
  }

  private static func state(_ told: JSONValue) -> TableExport.State? {
    switch told["ExportStatus"]?.string {
    case "IN_PROGRESS": return .running
    case "COMPLETED": return .completed
    case "FAILED":
      let words = [told["FailureCode"]?.string, told["FailureMessage"]?.string]
      return .failed(words.compactMap(\.self).joined(separator: ": "))
    case _: return nil
    }
  }

  /// The manifest is told as a key of the bucket; some servers tell a whole URL.
  private static func manifest(_ told: JSONValue) -> String? {
    guard let text = told["ExportManifest"]?.string, !text.isEmpty else { return nil }
    guard let bucket = told["S3Bucket"]?.string, text.hasPrefix("s3://\(bucket)/") else {
      return text
    }
    return String(text.dropFirst("s3://\(bucket)/".count))
  }
}
