import Harness
import Resources
import Testing

@testable import AWS

@Suite("AWS configuration files", .waiting)
struct ConfigurationFileTests {
  @Test("sections, nested keys, comments and odd spaces are read")
  func reads() throws {
    let file = try ConfigurationFile(
      parsing: """
        # a comment
        [default]
        Region=us-east-1
        ; another
        [ profile "two words" ]
        aws_access_key_id : AKID
        s3 =
          max_concurrent_requests = 20
          addressing_style = path
        \tlast = 1
        role_arn = arn:aws:iam::1:role/a=b
        """, "f")
    #expect(file.sections["default"]?["region"]?.text == "us-east-1")
    let profile = try #require(file.sections["profile two words"])
    #expect(profile["aws_access_key_id"]?.text == "AKID")
    #expect(profile["s3"]?.nested["addressing_style"]?.text == "path")
    #expect(profile["s3"]?.nested["last"]?.text == "1")
    #expect(profile["role_arn"]?.text == "arn:aws:iam::1:role/a=b")
    #expect(profile["role_arn"]?.place == "f:11")
  }

  @Test(
    "a broken file is named with its line, and what stands in the line is not shown",
    arguments: [
      ("[default]\nhunter2secret", "f:2"), ("[default\na = b", "f:1"), ("a = hunter2secret", "f:1"),
      ("[x]\n= hunter2secret", "f:2"), ("[]\n", "f:1"),
    ])
  func namesLines(text: String, place: String) {
    let failure = #expect(throws: Failure.self) { try ConfigurationFile(parsing: text, "f") }
    #expect(failure?.summary.contains(place) == true)
    #expect(failure?.summary.contains("hunter2") == false)
  }

  @Test("the moments at which credentials end are read in every form")
  func readsMoments() {
    #expect(ExpiryTime.seconds("2026-11-21T05:00:00Z") == 1_795_237_200)
    #expect(ExpiryTime.seconds("2026-11-21T05:00:00.123Z") == 1_795_237_200)
    #expect(ExpiryTime.seconds("2026-11-21T07:00:00+02:00") == 1_795_237_200)
    #expect(ExpiryTime.seconds("2026-11-21T05:00:00UTC") == 1_795_237_200)
    for text in ["", "tomorrow", "2026-11-21", "2026-13-21T05:00:00Z", "2026-11-21T05:00:00"] {
      #expect(ExpiryTime.seconds(text) == nil)
    }
  }
}
