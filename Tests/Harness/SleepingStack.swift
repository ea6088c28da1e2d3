internal import Foundation

/// The template of a stack that needs nothing but `sh` and `sleep`, and is up in no time.
///
/// It takes the parameter `release`, which is also its output. Waiting for it needs a clock that
/// moves, by itself or with the day.
package enum SleepingStack {
  package static let definition = """
    {
      stack: 1,
      parameters: { release: "1" },
      services: {
        web: {
          command: ["sh", "-c", "touch ${stack.folder}/up; exec sleep infinity"],
          environment: { RELEASE: "${param.release}" },
          health: { command: ["test", "-e", "${stack.folder}/up"], within: "20s" },
          startWithin: "60m",
        },
      },
      outputs: { release: "${param.release}" },
    }
    """

  /// Makes the template folder.
  package static func write(to folder: String) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try definition.write(toFile: "\(folder)/stack.json5", atomically: true, encoding: .utf8)
  }
}
