import JSON
import Resources
import Wire

extension CognitoPool: UserImporting {
  func importObstacle(to user: User) async throws(Failure) -> String? {
    try await importFile().obstacle(to: user)
  }

  private func importFile() async throws(Failure) -> UserImportFile {
    if let columns = rememberedColumns { return UserImportFile(columns: columns) }
    let answer = try await call(.getCSVHeader)
    let columns = (answer["CSVHeader"]?.elements ?? []).compactMap(\.string)
    guard !columns.isEmpty else {
      throw .transient("\(url): Cognito gave no header for an import", hint: "Try again.")
    }
    remember(columns: columns)
    return UserImportFile(columns: columns)
  }

  func prepareImport(
    of users: [User], name: String, role: String
  ) async throws(Failure) -> String {
    let file = try await importFile().bytes(users)
    let answer = try await call(
      .createImportJob,
      ["JobName": .string(name), "CloudWatchLogsRoleArn": .string(role)], isRepeatable: false)
    guard let job = answer["UserImportJob"], let id = job["JobId"]?.string,
      let place = job["PreSignedUrl"]?.string
    else {
      throw .transient("\(url): Cognito made no import job", hint: "Try again.")
    }
    try await upload(file, to: place)
    return id
  }

  /// The URL is a key by itself, so it stands in no message.
  private func upload(_ file: [UInt8], to place: String) async throws(Failure) {
    let reply: Wire.HTTPReply
    do throws(HTTPFailure) {
      // The signature of the URL covers this header, which Cognito asks for.
      reply = try await calls.client.session.http.send(
        HTTPRequest(
          "PUT", place, headers: ["x-amz-server-side-encryption": "aws:kms"], body: file))
    } catch {
      if error.reason == .cancelled { throw .cancelled }
      throw .transient(
        "\(url): the import file could not be handed over: \(error.reason)", hint: "Try again.")
    }
    guard reply.status < 300 else {
      throw .transient(
        "\(url): the import file was not taken (\(reply.status))",
        hint: "The place for it is open for 15 minutes; the step makes a new job.")
    }
  }

  func beginImport(_ id: String) async throws(Failure) {
    do throws(AWSFailure) {
      _ = try await calls.call(.startImportJob, ["JobId": .string(id)])
    } catch {
      // A job that has begun cannot be begun again, and says so.
      if error.code == "PreconditionNotMetException",
        try await job(id)["Status"]?.string != "Created"
      {
        return
      }
      throw error.failure(url)
    }
  }

  func importState(_ id: String) async throws(Failure) -> UserImportState {
    let job = try await job(id)
    let phase: UserImportState.Phase =
      switch job["Status"]?.string ?? "" {
      case "Succeeded": .succeeded
      case "Failed", "Expired", "Stopped": .failed
      case _: .open
      }
    return UserImportState(
      phase: phase, imported: job["ImportedUsers"]?.integer ?? 0,
      skipped: job["SkippedUsers"]?.integer ?? 0, failed: job["FailedUsers"]?.integer ?? 0,
      message: job["CompletionMessage"]?.string ?? job["Status"]?.string ?? "")
  }

  private func job(_ id: String) async throws(Failure) -> JSONValue {
    do throws(AWSFailure) {
      let answer = try await calls.call(.describeImportJob, ["JobId": .string(id)])
      return try CognitoCalls.member("UserImportJob", in: answer, of: .describeImportJob)
    } catch {
      throw error.failure(url)
    }
  }
}
