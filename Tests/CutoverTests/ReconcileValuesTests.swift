import Harness
import Testing

@Suite("The recorded colour and the store of values", .waiting)
struct ReconcileValuesTests {
  private func stage() throws -> Stage {
    let stage = try Stage()
    try stage.cutover.write(
      "p.json5",
      """
      {
        playbook: 1,
        environment: "court",
        colors: { blue: {}, green: {} },
        live: { values: "values://\(stage.folder)/values.json", key: "current-color" },
        steps: [ \(stage.step("one")) ],
      }
      """)
    return stage
  }

  @Test("the store is believed at first, checked at each start, and put right with a reason")
  func store() throws {
    let stage = try stage()
    let nobody = try stage.cutover("run", "p.json5", "--yes")
    #expect(nobody.code == 64 && nobody.errors.contains("it is not there"), "\(nobody.all)")
    try stage.cutover.write("values.json", #"{"current-color": "green", "migrate": true}"#)
    let wrong = try stage.cutover("run", "p.json5", "--live", "blue", "--yes")
    #expect(wrong.code == 64 && wrong.errors.contains("says green"), "\(wrong.all)")
    let first = try stage.cutover("run", "p.json5", "--yes")
    #expect(first.code == 0, "\(first.all)")
    #expect(first.text.contains("says green, so that is live now."))
    #expect(try stage.cutover("environments", "reconcile").code == 0)

    try stage.cutover.write("values.json", #"{"current-color": "blue", "migrate": true}"#)
    let second = try stage.cutover("run", "p.json5", "--yes")
    #expect(second.code == 64, "\(second.all)")
    #expect(second.errors.contains("green is recorded as live in court, but 'current-color'"))
    let differs = try stage.cutover("environments", "reconcile")
    #expect(differs.code == 3 && differs.text.contains("--set blue"), "\(differs.all)")
    let silent = try stage.cutover("environments", "reconcile", "--put", "migrate=false")
    #expect(silent.code == 64 && silent.errors.contains("--put needs --reason"))
    let odd = try stage.cutover("environments", "reconcile", "--put", "migrate=no", "-m", "x")
    #expect(odd.code == 64 && odd.errors.contains("'no' is no flag"), "\(odd.all)")
    let put = try stage.cutover(
      "environments", "reconcile", "--put", "current-color=green", "--put", "migrate=false", "-m",
      "as the functions use", "--as", "kim")
    #expect(put.code == 0 && put.text.contains("current-color: 'blue' → 'green'"), "\(put.all)")
    let script = "import json,sys; print(json.load(open(sys.argv[1])))"
    let values = try Tool.run(["python3", "-c", script, "\(stage.folder)/values.json"]).text
    #expect(values == "{'current-color': 'green', 'migrate': False}\n")
    #expect(try stage.cutover("environments", "reconcile").code == 0)
    #expect(try stage.cutover("journal", "verify").code == 0)
    #expect(try stage.cutover("run", "p.json5", "--yes").code == 0)
  }
}
