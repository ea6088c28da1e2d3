import Harness
import Resources
import Testing

@testable import DNS

@Suite(.waiting) struct ZoneSerialTests {
  private let today = Timestamp(milliseconds: 1_795_222_200_000)  // 2026-11-21

  @Test(
    "the next serial is an increase, and dates stay dates",
    arguments: [
      (1, 2), (0, 1), (4_294_967_295, 1), (2_026_112_100, 2_026_112_101),
      (2_026_112_004, 2_026_112_100), (2_026_112_199, 2_026_112_200),
      (2_027_010_100, 2_027_010_101), (1_999_123_101, 2_026_112_100),
      (1_700_000_000, 1_700_000_001), (2_147_483_647, 2_147_483_648),
    ] as [(UInt32, UInt32)])
  func increases(serial: UInt32, next: UInt32) {
    #expect(ZoneSerial.next(after: serial, at: today) == next)
    #expect(ZoneSerial.isIncrease(from: serial, to: next))
    #expect(!ZoneSerial.isIncrease(from: next, to: serial))
    #expect(!ZoneSerial.isIncrease(from: serial, to: serial))
  }
}
