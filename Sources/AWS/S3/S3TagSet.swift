/// The tags of a bucket.
struct S3TagSet: Sendable {
  /// The name of the setting that they are.
  static let setting = "Tagging"

  private static let space = "http://s3.amazonaws.com/doc/2006-03-01/"

  private let tags: [(key: String, value: String)]

  init(_ root: XMLNode) {
    tags = (root.first("TagSet")?.all("Tag") ?? []).compactMap { tag in
      tag.text("Key").map { ($0, tag.text("Value") ?? "") }
    }
  }

  subscript(key: String) -> String? {
    tags.first { $0.key.utf8.elementsEqual(key.utf8) }?.value
  }

  /// The document without what AWS itself writes, such as CloudFormation's tags; nil for none.
  ///
  /// PutBucketTagging refuses a document that holds those.
  var withoutSystemTags: String? {
    let own = tags.filter { !$0.key.hasPrefix("aws:") }
    guard !own.isEmpty else { return nil }
    let text = own.map { tag in
      let key = S3Text.xml(Array(tag.key.utf8)) ?? ""
      let value = S3Text.xml(Array(tag.value.utf8)) ?? ""
      return "<Tag><Key>\(key)</Key><Value>\(value)</Value></Tag>"
    }.joined()
    return
      "<Tagging xmlns=\"\(Self.space)\"><TagSet>\(text)</TagSet></Tagging>"
  }
}
