// swift-tools-version: 6.2
import PackageDescription

/// Every target is compiled with the settings of the next language mode, and without warnings.
let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .enableUpcomingFeature("InferIsolatedConformances"),
  .treatAllWarnings(as: .error),
]

// Imports point down only: a target names what lies below it, and TidyTests compares each file's
// imports with this table.
let package = Package(
  name: "cutover",
  products: [.executable(name: "cutover", targets: ["cutover"])],
  targets: [
    // 0: shims over C libraries
    .target(name: "CCurl", linkerSettings: [.linkedLibrary("curl")]),
    .target(name: "CLinux"),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto"),
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3"),

    // 1: formats, protocols and system facilities
    .target(name: "JSON"),
    .target(name: "Commands"),
    .target(name: "Subprocesses", dependencies: ["CLinux"]),
    .target(name: "Digests", dependencies: ["CCrypto"]),
    .target(name: "SQLite", dependencies: ["CSQLite"]),
    .target(name: "Wire", dependencies: ["CCurl", "Digests"]),

    // 2: the contracts that providers meet
    .target(name: "Resources"),

    // 3: decisions, without I/O
    .target(name: "Rollouts", dependencies: ["Resources", "JSON"]),

    // 4: adapters
    .target(
      name: "JournalStore",
      dependencies: ["Rollouts", "Resources", "SQLite", "Digests", "JSON", "Subprocesses"]),
    .target(
      name: "Local",
      dependencies: ["Resources", "SQLite", "Digests", "Subprocesses", "JSON", "CLinux"]),
    .target(
      name: "Transforms",
      dependencies: ["Resources", "SQLite", "JSON", "Digests", "Subprocesses"]),
    .target(name: "DNS", dependencies: ["Resources", "Wire", "Digests"]),
    .target(name: "Exports", dependencies: ["Resources", "JSON", "Digests"]),
    .target(
      name: "AWS", dependencies: ["Resources", "Wire", "JSON", "Digests", "Subprocesses"]),
    .target(
      name: "Actions",
      dependencies: [
        "Rollouts", "Resources", "JSON", "Digests", "Subprocesses", "Wire", "SQLite",
      ]),

    // 5: the program
    .executableTarget(name: "cutover", dependencies: ["Program"]),
    .target(
      name: "Program",
      dependencies: [
        "AWS", "Actions", "Commands", "DNS", "Digests", "Exports", "JSON", "JournalStore", "Local",
        "Resources", "Rollouts", "SQLite", "Subprocesses", "Transforms", "Wire",
      ]),

    // tests
    .target(
      name: "Harness",
      dependencies: [
        "Resources", "Rollouts", "JSON", "Digests", "JournalStore", "Subprocesses", "SQLite",
      ],
      path: "Tests/Harness",
      exclude: [
        "FaultProxy/proxy.py", "FaultProxy/guard.py", "FaultProxy/rights.py", "nursery.py",
        "aws_server.py",
      ]),
    .testTarget(name: "JSONTests", dependencies: ["JSON", "Harness"]),
    .testTarget(name: "CommandsTests", dependencies: ["Commands"]),
    .testTarget(name: "SubprocessesTests", dependencies: ["Subprocesses", "Harness"]),
    .testTarget(name: "SQLiteTests", dependencies: ["SQLite", "Digests", "Harness"]),
    .testTarget(name: "WireTests", dependencies: ["Wire", "Digests", "Harness"]),
    .testTarget(
      name: "RolloutsTests", dependencies: ["Rollouts", "Resources", "JSON", "Harness"],
      exclude: ["Playbooks/mistakes.txt"]),
    .testTarget(
      name: "JournalStoreTests",
      dependencies: ["JournalStore", "Rollouts", "Resources", "SQLite", "Harness"]),
    .testTarget(
      name: "LocalTests",
      dependencies: ["Local", "Resources", "SQLite", "Digests", "Subprocesses", "Harness", "JSON"]),
    .testTarget(
      name: "DNSTests", dependencies: ["DNS", "Resources", "Wire", "Subprocesses", "Harness"]),
    .testTarget(
      name: "AWSTests",
      dependencies: ["AWS", "Resources", "Wire", "JSON", "Digests", "Subprocesses", "Harness"],
      exclude: ["CloudFormation/emulator.py"]),
    .testTarget(
      name: "ActionsTests",
      dependencies: [
        "Actions", "AWS", "Local", "DNS", "Rollouts", "Resources", "JSON", "Subprocesses",
        "Transforms", "Harness", "SQLite", "Wire",
      ]),
    .testTarget(
      name: "ExportsTests",
      dependencies: [
        "Exports", "Actions", "AWS", "Local", "Rollouts", "Resources", "JSON", "Digests",
        "Transforms", "Wire", "Harness",
      ],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "CrashTests",
      dependencies: [
        "Actions", "Local", "DNS", "Rollouts", "Resources", "JournalStore", "JSON", "Subprocesses",
        "Harness",
      ]),
    .testTarget(
      name: "CutoverTests",
      dependencies: [
        "cutover", "Program", "Commands", "JSON", "JournalStore", "Resources", "Rollouts",
        "Subprocesses", "Harness", "AWS", "Wire",
      ],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "TransformsTests", dependencies: ["Transforms", "Resources", "JSON", "Harness"]),
    .executableTarget(
      name: "CrashRunner", dependencies: ["Program", "Resources", "Rollouts"],
      path: "Tests/CrashRunner"),
    .executableTarget(
      name: "Bench", dependencies: ["JournalStore", "Resources", "Rollouts"],
      path: "Tests/Bench", exclude: ["Stub"]),
    .executableTarget(name: "BenchServer", path: "Tests/Bench/Stub"),
    .testTarget(name: "TidyTests"),
  ],
  swiftLanguageModes: [.v6]
)

/// What the simulation of a hundred thousand rollouts runs through is optimised in debug builds too.
let simulated = ["Resources", "Rollouts", "Harness"]

for target in package.targets where target.type != .system {
  target.swiftSettings = settings
  if simulated.contains(target.name) {
    target.swiftSettings?.append(.unsafeFlags(["-O"], .when(configuration: .debug)))
  }
}
