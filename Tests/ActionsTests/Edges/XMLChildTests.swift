import Harness
import Testing

@testable import Actions

/// Cutting one child out of an XML text and leaving the rest as it is.
@Suite("Replacing a child in XML", .waiting)
struct XMLChildTests {
  private func replaced(_ text: String) -> String? {
    XMLChild(Array(text.utf8)).replacing("A", with: "<A>new</A>", after: "R").map {
      String(decoding: $0, as: UTF8.self)
    }
  }

  @Test(
    "only the first child of the root with that name is replaced",
    arguments: [
      ("<X><R>r</R><A>1<A>2</A></A><B/></X>", "<X><R>r</R><A>new</A><B/></X>"),
      ("<X><B><A>deep</A></B><A/></X>", "<X><B><A>deep</A></B><A>new</A></X>"),
      (
        "<?xml v=\"1>\"?><!-- <A> --><X a='>'><A b=\">\">1</A></X>",
        "<?xml v=\"1>\"?><!-- <A> --><X a='>'><A>new</A></X>"
      ),
      ("<X><C><![CDATA[<A>]]></C><A >1</A ></X>", "<X><C><![CDATA[<A>]]></C><A>new</A></X>"),
      ("<X><R/><B/></X>", "<X><R/><A>new</A><B/></X>"),
      ("<X>\n <AA/><A>1</A>\n</X>\n", "<X>\n <AA/><A>new</A>\n</X>\n"),
    ])
  func replaces(before: String, after: String) {
    #expect(replaced(before) == after)
  }

  @Test(
    "what is no XML, or has no place for it, is not cut",
    arguments: [
      "", "<X>", "<X><A>1", "<X><B/></X>", "no", "<X><!-- ",
    ])
  func refuses(text: String) {
    #expect(replaced(text) == nil)
  }

  @Test("texts are escaped")
  func escapes() {
    #expect(XMLChild.escaped("a<b>&\"c") == "a&lt;b&gt;&amp;\"c")
  }
}
