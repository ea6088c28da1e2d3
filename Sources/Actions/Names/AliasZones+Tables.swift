/// The hosted zones of targets that are the same for everybody.
extension AliasZones {
  /// By the last two labels: Source: "AliasTarget" in the API reference of Route 53.
  static let wideZones = [
    "cloudfront.net": "Z2FDTNDATAQYW2", "cloudfront.cn": "Z3RFFRIM2A3IF5",
    "awsglobalaccelerator.com": "Z2BJ6XQ5FK7U4H",
  ]

  /// Of application (and classic) and of network load balancers, by region.
  ///
  /// Source: "Elastic Load Balancing endpoints and quotas", AWS General Reference.
  static let balancerZones: [String: (application: String, network: String)] = {
    var zones: [String: (application: String, network: String)] = [:]
    for row in balancerRows.split(separator: "\n") {
      let words = row.split(separator: " ").map(String.init)
      zones[words[0]] = (words[1], words[2])
    }
    return zones
  }()

  /// Of the endpoints of S3 websites, by region.
  ///
  /// Source: "Amazon S3 website endpoints", AWS General Reference.
  static let websiteZones: [String: String] = {
    var zones: [String: String] = [:]
    for row in websiteRows.split(separator: "\n") {
      let words = row.split(separator: " ").map(String.init)
      zones[words[0]] = words[1]
    }
    return zones
  }()

  private static let balancerRows = """
    af-south-1 Z268VQBMOI5EKX Z203XCE67M25HM
    ap-east-1 Z3DQVH9N71FHZ0 Z12Y7K3UBGUAD1
    ap-northeast-1 Z14GRHDCWA56QT Z31USIVHYNEOWT
    ap-northeast-2 ZWKZPGTI48KDX ZIBE1TIR4HY56
    ap-northeast-3 Z5LXEXXYW11ES Z1GWIQ4HH19I5X
    ap-south-1 ZP97RAFLXTNZK ZVDDRBQ08TROA
    ap-southeast-1 Z1LMS91P8CMLE5 ZKVM4W9LS7TM
    ap-southeast-2 Z1GM3OXH4ZPM65 ZCT6FZBF4DROD
    ca-central-1 ZQSVJUPU6J1EY Z2EPGBW3API2WT
    cn-north-1 Z1GDH35T77C1KE Z3QFB96KMJ7ED6
    cn-northwest-1 ZM7IZAIOVVDZF ZQEIKTCZ8352D
    eu-central-1 Z215JYRZR1TBD5 Z3F0SRJ5LGBH90
    eu-north-1 Z23TAZ6LKFMNIO Z1UDT6IFJ4EJM
    eu-south-1 Z3ULH7SSC9OV64 Z23146JA1KNAFP
    eu-west-1 Z32O12XQLNTSW2 Z2IFOLAFXWLO4F
    eu-west-2 ZHURV8PSTC4K8 ZD4D7Y8KGAS4G
    eu-west-3 Z3Q77PNBQS71R4 Z1CMS0P5QUZ6D5
    me-south-1 ZS929ML54UICD Z3QSRYVP46NYYV
    sa-east-1 Z2P70J7HTTTPLU ZTK26PT1VY4CU
    us-east-1 Z35SXDOTRQ7X7K Z26RNL4JYFTOTI
    us-east-2 Z3AADJGX6KTTL2 ZLMOA37VPKANP
    us-gov-east-1 Z166TLBEWOO7G0 Z1ZSMQQ6Q24QQ8
    us-gov-west-1 Z33AYJ8TM3BH4J ZMG1MZ2THAWF1
    us-west-1 Z368ELLRRE2KJ0 Z24FKFUX50B4VW
    us-west-2 Z1H1FL5HABSF5 Z18D5FSROUN65G
    """

  private static let websiteRows = """
    ap-east-1 ZNB98KWMFR0R6
    ap-northeast-1 Z2M4EHUR26P7ZW
    ap-northeast-2 Z3W03O7B5YMIYP
    ap-northeast-3 Z2YQB5RD63NC85
    ap-south-1 Z11RGJOFQNVJUP
    ap-southeast-1 Z3O0J2DXBE1FTB
    ap-southeast-2 Z1WCIGYICN2BYD
    ca-central-1 Z1QDHH18159H29
    cn-northwest-1 Z282HJ1KT0DH03
    eu-central-1 Z21DNDUVLTQW6Q
    eu-north-1 Z3BAZG2TWCNX0D
    eu-west-1 Z1BKCTXD74EZPE
    eu-west-2 Z3GKZC51ZF0DB4
    eu-west-3 Z3R1K369G5AVDG
    me-south-1 Z1MPMWCPA7YB62
    sa-east-1 Z7KQH4QJS55SO
    us-east-1 Z3AQBSTGFYJSTF
    us-east-2 Z2O1EMRO9K5GLX
    us-gov-east-1 Z2NIFVYYW2VKV1
    us-gov-west-1 Z31GFT0UA1I2HV
    us-west-1 Z2F56UZL2M1ACD
    us-west-2 Z3BJ6K6RIION7M
    """
}
