import Foundation
import JSON
import Resources
import Subprocesses

/// The mark in an instance folder: whose it is, and what is meant to run there.
///
/// A folder without one is not ours, whatever else is in it. The record is replaced in one step,
/// before anything is started or stopped for it.
struct StackRecord: Codable, Sendable {
  static let fileName = ".cutover-stack.json"
  static let version = 1

  enum Phase: String, Codable, Sendable {
    case standing
    /// Being destroyed: whatever stands there is to go.
    case leaving
  }

  var stack = version
  /// Random; the processes of the stack carry it in their environment.
  var id: String
  /// Where the folder belongs: a copy of it is not this stack.
  var folder: String
  var phase: Phase
  /// Where the template was copied from.
  var template: String
  /// Digest of the template's files, which names the copy.
  var files: String
  var parameters: [StackParameter]
  var services: [ServiceDefinition]
  var outputs: [String: String]

  var templateCopy: String { Self.templateCopy(in: folder, files: files) }

  static func templateCopy(in folder: String, files: String) -> String {
    "\(folder)/template-\(files)"
  }

  static func path(in folder: String) -> String { "\(folder)/\(fileName)" }

  /// Nil when the folder surely carries no mark.
  static func read(in folder: String) throws(Failure) -> StackRecord? {
    guard let bytes = try DurableFile.read(path(in: folder)) else { return nil }
    do {
      let value = try JSONValue(reading: bytes)
      let found = value["stack"]?.integer
      guard found == version else {
        throw Failure.refused(
          "'\(path(in: folder))' has form \(found.map(String.init) ?? "unknown"), not \(version)",
          hint: "It was written by another version of cutover; use that one.")
      }
      return try value.decode()
    } catch let failure as Failure {
      throw failure
    } catch {
      throw .refused(
        "'\(path(in: folder))' cannot be understood: \(error)",
        hint: "It was changed by hand or damaged; mend it, nothing was touched.")
    }
  }

  func write(in target: String) throws(Failure) {
    try DurableFile.write(Self.path(in: target), try Self.bytes(of: self))
  }

  /// The indented JSON of a small value of ours; equal values have equal bytes.
  static func bytes(of value: some Encodable) throws(Failure) -> [UInt8] {
    do throws(JSONMismatch) {
      return Array(try JSONValue(encoding: value).pretty(sortedKeys: true).utf8) + [10]
    } catch {
      throw .permanent("a record cannot be written: \(error)", hint: "Report this as a defect.")
    }
  }
}

/// Which process runs a service; written once it is started.
///
/// Lost or not yet written, the marks in the processes' environments tell the same.
struct ServiceRun: Codable, Sendable {
  var service: String
  /// Of the definition that it was started from.
  var digest: String
  var pid: Int32
  var startTicks: UInt64
  var bootID: String
  var stopWithinMilliseconds: Int64

  var identity: ProcessIdentity {
    ProcessIdentity(pid: pid, startTicks: startTicks, bootID: bootID)
  }

  init(_ service: ServiceDefinition, digest: String, _ process: ProcessIdentity) {
    self.service = service.name
    self.digest = digest
    pid = process.pid
    startTicks = process.startTicks
    bootID = process.bootID
    stopWithinMilliseconds = service.stopWithinMilliseconds
  }

  static func path(in folder: String, _ service: String) -> String {
    "\(folder)/run/\(service).json"
  }

  static func paths(in folder: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/run")) ?? []
    return names.filter { $0.hasSuffix(".json") }.map { "\(folder)/run/\($0)" }
  }

  /// Nil when there is none, or nothing that can be understood: the marks tell then.
  static func read(_ path: String) -> ServiceRun? {
    guard let bytes = try? DurableFile.read(path) else { return nil }
    return try? JSONValue(reading: bytes).decode()
  }
}
