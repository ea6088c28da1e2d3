import Foundation
import Glibc
import Harness
import Resources
import Subprocesses
import Synchronization

@testable import Local

/// A folder with a template and an instance of a stack, whose processes end with the test.
final class StackStage: Sendable {
  let folder: TemporaryFolder
  /// Secrets by name, as `${secret:test:NAME}`.
  let secrets: Secrets

  var template: String { folder.file("template") }
  var instance: String { folder.file("stacks/blue") }

  init(_ definition: String = SleepingStack.definition) throws {
    folder = try TemporaryFolder()
    secrets = Secrets { _, name throws(Failure) in "hidden-\(name)" }
    try FileManager.default.createDirectory(
      atPath: folder.file("template"), withIntermediateDirectories: true)
    try write(definition)
  }

  deinit {
    // Whatever a failed test has left: all of it carries the id of the instance.
    guard let record = try? StackRecord.read(in: instance) else { return }
    let left = try? Leftovers.find(Census.stackMark, record.id).processes
    for process in left ?? [] { _ = try? process.signal(SIGKILL) }
  }

  func write(_ text: String, to name: String = "stack.json5") throws {
    try text.write(toFile: "\(template)/\(name)", atomically: true, encoding: .utf8)
  }

  func write(definition: String) throws { try write(definition) }

  /// A stack as another process would open it; waiting takes no time unless the clock is another.
  func open(
    _ path: String? = nil, clock: ManualClock = ManualClock(movesByItself: true)
  ) throws -> ProcessStack {
    try ProcessStack(
      ResourceURL("process://\(path ?? instance)"),
      in: ProviderContext(secrets: secrets, clock: clock))
  }

  func deploy(_ parameters: [String: String] = [:]) async throws -> [String: String] {
    try await open().deploy(asks(parameters)) { _ in }
  }

  func asks(_ parameters: [String: String] = [:]) -> StackTemplate {
    StackTemplate(location: template, parameters: parameters)
  }

  /// Deploys what must fail, and answers how.
  func failure(_ parameters: [String: String] = [:]) async throws -> Failure {
    do {
      _ = try await deploy(parameters)
    } catch let failure as Failure {
      return failure
    }
    throw HarnessError("it was deployed")
  }

  /// The processes of the instance that live now, found by their marks alone.
  func processes() throws -> [ProcessIdentity] {
    guard let record = try StackRecord.read(in: instance) else { return [] }
    return try Leftovers.find(Census.stackMark, record.id).processes
  }

  /// Everything that stands beside the instance, which should be nothing.
  func siblings() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.file("stacks"))
      .filter { $0 != "blue" }
  }

  func text(_ path: String) throws -> String {
    try String(contentsOfFile: path, encoding: .utf8)
  }
}

/// A socket of this test process that listens on a port of 127.0.0.1, and answers nothing.
final class ForeignListener: Sendable {
  let port: UInt16
  private let socket: Int32

  init(_ port: UInt16 = 0) throws {
    socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    address.sin_port = port.bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let number = socket
    let code = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(number, $0, length) == 0 && listen(number, 5) == 0
          ? getsockname(number, $0, &length) : -1
      }
    }
    guard code == 0 else { throw HarnessError("cannot listen: errno \(errno)") }
    self.port = UInt16(bigEndian: address.sin_port)
  }

  deinit { close(socket) }

  /// A port that was free a moment ago.
  static func freePort() throws -> UInt16 { try ForeignListener().port }
}
