/// What a store keeps beside an object's content.
///
/// Read from any version of the file or journal that holds it: what is missing is not set.
package struct ObjectMetadata: Sendable, Hashable, Codable {
  package var contentType: String?
  package var cacheControl: String?
  package var contentDisposition: String?
  package var contentEncoding: String?
  package var contentLanguage: String?
  /// The moment of the `Expires` header, as it was written.
  package var expires: String?
  /// Where a website sends those who ask for the object; nil for nowhere else.
  package var websiteRedirect: String?
  /// Nil for the store's ordinary one; it is carried along, but two objects in different classes
  /// are alike.
  package var storageClass: String?
  /// User metadata by name; names are compared as bytes.
  package var user: [String: String]
  package var tags: [String: String]
  /// What is to be put on a copy, or was kept with it; nil where nobody asked for it.
  ///
  /// Two objects that differ in it only are alike.
  package var protection: ObjectProtection?

  package init(
    contentType: String? = nil, user: [String: String] = [:], tags: [String: String] = [:]
  ) {
    self.contentType = contentType
    self.user = user
    self.tags = tags
  }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    contentType = try values.decodeIfPresent(String.self, forKey: .contentType)
    cacheControl = try values.decodeIfPresent(String.self, forKey: .cacheControl)
    contentDisposition = try values.decodeIfPresent(String.self, forKey: .contentDisposition)
    contentEncoding = try values.decodeIfPresent(String.self, forKey: .contentEncoding)
    contentLanguage = try values.decodeIfPresent(String.self, forKey: .contentLanguage)
    expires = try values.decodeIfPresent(String.self, forKey: .expires)
    websiteRedirect = try values.decodeIfPresent(String.self, forKey: .websiteRedirect)
    storageClass = try values.decodeIfPresent(String.self, forKey: .storageClass)
    user = try values.decodeIfPresent([String: String].self, forKey: .user) ?? [:]
    tags = try values.decodeIfPresent([String: String].self, forKey: .tags) ?? [:]
    protection = try values.decodeIfPresent(ObjectProtection.self, forKey: .protection)
  }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encodeIfPresent(contentType, forKey: .contentType)
    try values.encodeIfPresent(cacheControl, forKey: .cacheControl)
    try values.encodeIfPresent(contentDisposition, forKey: .contentDisposition)
    try values.encodeIfPresent(contentEncoding, forKey: .contentEncoding)
    try values.encodeIfPresent(contentLanguage, forKey: .contentLanguage)
    try values.encodeIfPresent(expires, forKey: .expires)
    try values.encodeIfPresent(websiteRedirect, forKey: .websiteRedirect)
    try values.encodeIfPresent(storageClass, forKey: .storageClass)
    try values.encode(user, forKey: .user)
    if !tags.isEmpty { try values.encode(tags, forKey: .tags) }
    try values.encodeIfPresent(protection, forKey: .protection)
  }

  private enum CodingKeys: String, CodingKey {
    case contentType, cacheControl, contentDisposition, contentEncoding, contentLanguage, expires
    case websiteRedirect, storageClass, user, tags, protection
  }
}
