import Foundation
import Harness
import JSON
import Testing

/// The playbooks in the project's folder, judged by the program and, through its schema, by python.
@Suite("The playbooks that are shipped", .waiting)
struct ShippedPlaybooksTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("playbooks")

  private static var shipped: [URL] {
    ["", "vams", "vams/sample", "vams/migrations", "efcms"].flatMap { name in
      (try? FileManager.default.contentsOfDirectory(
        at: folder.appendingPathComponent(name), includingPropertiesForKeys: nil)) ?? []
    }.filter { $0.pathExtension == "json5" }
  }

  /// Values for the parameters that must be given.
  private static let values = [
    "cutover.json5": [
      "--set", "zone=Z0123456789ABC", "--set", "templates=https://example.org/storage.json",
      "--set", "sample=/srv/sample",
    ],
    "v2.3-to-v2.4.json5": given([
      "entities", "constraints", "metadata", "metadataV2", "schemas", "schemasV2",
    ]),
    "v2.4-to-v2.5.json5": given([
      "assets", "assetVersions", "assetVersionsV2", "fileVersions", "fileVersionsV2",
      "fileMetadataVersions",
    ]),
    "v2.1-to-v2.2.json5": given([
      "assets", "versions", "bucketTable", "databases", "comments", "links", "newLinks", "bucket",
    ]),
    "v2.2-to-v2.3-legacy.json5": given(["assets", "versions", "bucket"]),
    "v2.2-to-v2.3.json5": given(["reindexer", "assetQueue", "fileQueue", "indexes"]),
  ]

  private static func given(_ names: [String]) -> [String] {
    names.flatMap { ["--set", "\($0)=name-of-\($0)"] }
  }

  /// The shortest way from A to B and back that the built-in actions allow.
  private static let shortest = """
    {
      playbook: 1, environment: "shop",
      parameters: { root: "/srv" },
      colors: { blue: { name: "blue" }, green: { name: "green" } },
      steps: [
        { id: "deploy-b", uses: "stack.deploy",
          with: { stack: "process://${root}/${to.name}", template: "${root}/template" } },
        { id: "copy", uses: "tables.copy", attempts: 5,
          with: { from: "sqlite://${root}/${from.name}.db#t",
            to: "sqlite://${root}/${to.name}.db#t" } },
      ],
    }
    """

  @Test("cutover check finds no mistake in them")
  func checked() throws {
    let binary = try Binary()
    try binary.write("shortest.json5", Self.shortest)
    #expect(Self.shipped.count >= 7)
    for file in [URL(filePath: binary.folder.file("shortest.json5"))] + Self.shipped {
      let values = Self.values[file.lastPathComponent] ?? []
      let output = try binary.run(["check", file.path] + values)
      #expect(output.code == 0, "\(output.all)")
    }
  }

  @Test("python's jsonschema finds them valid after cutover schema, and a broken one not")
  func schema() throws {
    let binary = try Binary()
    let schema = try binary("schema")
    #expect(schema.code == 0)
    try binary.write("schema.json", schema.text)
    var paths: [String] = []
    let texts =
      try [Self.shortest, Self.shortest.replacing("attempts: 5", with: "attempts: 0")]
      + Self.shipped.map { try String(contentsOf: $0, encoding: .utf8) }
    for (index, text) in texts.enumerated() {
      let value = try JSONValue(reading: Array(text.utf8), dialect: .json5)
      try binary.write("\(index).json", value.text)
      paths.append(binary.folder.file("\(index).json"))
    }
    let program = #"""
      import json, sys
      from jsonschema import Draft202012Validator
      schema = json.load(open(sys.argv[1]))
      Draft202012Validator.check_schema(schema)
      for path in sys.argv[2:]:
        errors = list(Draft202012Validator(schema).iter_errors(json.load(open(path))))
        print("; ".join(f"{e.json_path}: {e.message}" for e in errors)[:500] or "valid")
      """#
    let output = try Tool.run(
      ["python3", "-c", program, binary.folder.file("schema.json")] + paths)
    #expect(output.status == 0, "\(output.errorText)")
    var verdicts = output.text.split(separator: "\n").map(String.init)
    #expect(verdicts.count == texts.count)
    #expect(verdicts.remove(at: 1).contains("$.steps[1].attempts: 0 is less than the minimum of 1"))
    #expect(verdicts.allSatisfy { $0 == "valid" }, "\(verdicts)")
  }
}
