import Harness
import Resources
import Rollouts
import Testing

@testable import Program

@Suite("Rates", .waiting)
struct RateTests {
  private func moment(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }

  @Test("the rate is that of the last seconds, and gives the time left")
  func steady() {
    var rate = Rate()
    for tick in 0...100 {
      rate.note(
        Pace.Reading(done: tick * 50, total: 10_000), at: moment(Int64(tick) * 500))
    }
    #expect(rate.itemsPerSecond == 100)
    #expect(rate.left == .seconds(50))
  }

  @Test("a step that starts over is measured anew")
  func restart() {
    var rate = Rate()
    rate.note(Pace.Reading(done: 1000), at: moment(0))
    rate.note(Pace.Reading(done: 2000), at: moment(1000))
    rate.note(Pace.Reading(done: 10), at: moment(2000))
    #expect(rate.itemsPerSecond == nil)
    rate.note(Pace.Reading(done: 30), at: moment(3000))
    #expect(rate.itemsPerSecond == 20)
  }

  @Test("a reading tells counts, bytes, rate and what is left")
  func words() {
    var rate = Rate()
    rate.note(Pace.Reading(done: 0, total: 400, bytes: 0, unit: "rows"), at: moment(0))
    let reading = Pace.Reading(done: 100, total: 400, bytes: 5000, unit: "rows")
    rate.note(reading, at: moment(1000))
    let line = ReadingLine.line(reading, rate: rate, bar: 8, now: moment(1000))
    #expect(line.text == "██░░░░░░  25 %  100 of 400 rows  5.0 kB  100/s  3.0 s left")
  }

  @Test("a wait tells its reason and its end")
  func waits() {
    let reading = Pace.Reading(waitingFor: "the old TTL to pass", until: moment(61_000))
    let line = ReadingLine.line(reading, rate: nil, bar: nil, now: moment(1000))
    #expect(line.text.hasPrefix("waits for the old TTL to pass, until "))
    #expect(line.text.hasSuffix(", 1 min 00 s left"))
  }
}
