import Harness
import Testing

@Suite("The recorded colour and the world outside", .waiting)
struct ReconcileTests {
  private func stage(www: String) throws -> Stage {
    let stage = try Stage()
    try stage.cutover.write("zone", Self.zone(www))
    try stage.cutover.write(
      "p.json5",
      """
      {
        playbook: 1,
        environment: "stage",
        colors: { blue: { host: "blue.example.test." }, green: { host: "green.example.test." } },
        live: {
          zone: "zonefile://\(stage.folder)/zone?origin=example.test",
          name: "www.example.test.", value: "${color.host}",
        },
        steps: [ \(stage.step("one")) \(stage.gate("ask")) ],
      }
      """)
    return stage
  }

  private static func zone(_ www: String) -> String {
    """
    $ORIGIN example.test.
    $TTL 60
    @ IN SOA ns1 admin ( 1 3600 600 86400 60 )
    @ IN NS ns1
    ns1 IN A 127.0.0.1
    www IN CNAME \(www)

    """
  }

  @Test("the first rollout believes the zone, and not a person who says otherwise")
  func first() throws {
    let stage = try stage(www: "green")
    let wrong = try stage.cutover("run", "p.json5", "--live", "blue", "--yes", "--no-wait")
    #expect(wrong.code == 64)
    #expect(wrong.errors.contains("points to green"))
    let output = try stage.cutover("run", "p.json5", "--yes", "--no-wait")
    #expect(output.code == 2, "\(output.all)")
    #expect(output.text.contains("www.example.test. points to green, so that is live now."))
    #expect(try stage.live() == "green")
  }

  @Test("a zone that shows neither colour is doubt, and doubt refuses")
  func neither() throws {
    let stage = try stage(www: "notice")
    let output = try stage.cutover("run", "p.json5", "--yes")
    #expect(output.code == 64)
    #expect(output.errors.contains("neither colour"))
    #expect(stage.log == [])
  }

  @Test("a switch by hand is found, and a person repairs the record with a reason")
  func repair() throws {
    let stage = try stage(www: "blue")
    try stage.cutover("run", "p.json5", "--yes", "--no-wait")
    let open = try stage.cutover("environments", "reconcile", "--set", "green", "-m", "by hand")
    #expect(open.code != 0, "\(open.all)")
    try stage.cutover("approve", "ask")
    #expect(try stage.cutover("resume").code == 0)
    let agreed = try stage.cutover("environments", "reconcile")
    #expect(agreed.code == 0, "\(agreed.all)")
    #expect(agreed.text.contains("Everything agrees."))
    try stage.cutover.write("zone", Self.zone("green"))
    let differs = try stage.cutover("environments", "reconcile", "stage")
    #expect(differs.code == 3, "\(differs.all)")
    #expect(differs.text.contains("says green"))
    #expect(differs.text.contains("cutover environments reconcile stage --set green"))
    let repaired = try stage.cutover(
      "environments", "reconcile", "--set", "green", "--reason", "by hand", "--as", "kim")
    #expect(repaired.code == 0, "\(repaired.all)")
    #expect(try stage.cutover("environments").text.contains("stage  green"))
    #expect(try stage.cutover("environments", "reconcile").code == 0)
    #expect(try stage.cutover("journal", "verify").code == 0)
  }
}
