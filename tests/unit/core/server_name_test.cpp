#include <string>

#include <gtest/gtest.h>

#include <nautilus/server_name.hpp>

namespace nautilus {
namespace {

ServerName parsed(std::string_view text) {
  auto name = ServerName::parse(text);
  EXPECT_TRUE(name.has_value()) << text;
  return *name;
}

TEST(ServerName, DnsNamesAreLowerCasedAndLoseOneTrailingDot) {
  EXPECT_EQ(parsed("Example.ORG").text(), "example.org");
  EXPECT_EQ(parsed("example.org.").text(), "example.org");
  EXPECT_TRUE(parsed("localhost").is_dns());
  EXPECT_TRUE(parsed("example.org").address().empty());
  EXPECT_EQ(parsed("EXAMPLE.org"), parsed("example.ORG."));
}

TEST(ServerName, AddressesAreAKindOfTheirOwn) {
  const auto v4 = parsed("192.0.2.1");
  EXPECT_EQ(v4.kind(), ServerName::Kind::Ipv4);
  EXPECT_EQ(ByteVector(v4.address().begin(), v4.address().end()), (ByteVector{192, 0, 2, 1}));
  const auto v6 = parsed("[2001:DB8:0:0::1]");
  EXPECT_EQ(v6.kind(), ServerName::Kind::Ipv6);
  EXPECT_EQ(v6.text(), "2001:db8::1");
  ASSERT_EQ(v6.address().size(), 16u);
  EXPECT_EQ(v6.address()[0], 0x20);
  EXPECT_EQ(v6.address()[15], 1);
  EXPECT_EQ(v6, parsed("2001:db8::1"));
}

TEST(ServerName, RefusesWhatIsNeither) {
  const std::string label(64, 'a');
  std::string longest;
  while (longest.size() < 254) longest += "abcdefghi.";
  for (const std::string& text :
       {std::string(), std::string("."), std::string("a..b"), std::string(".a"), std::string("a.."),
        std::string("-a.org"), std::string("a-.org"), std::string("a.-b.org"), std::string("a b"),
        std::string("*.example.org"), std::string("ex\0ample", 8), std::string("\xC3\xBC.example"),
        std::string("1.2.3"), std::string("1.2.3.4.5"), std::string("256.1.1.1"),
        std::string("[::1"), std::string("example.org:443"), label + ".org", longest}) {
    const auto name = ServerName::parse(text);
    ASSERT_FALSE(name.has_value()) << text;
    EXPECT_EQ(name.error().code, ErrorCode::ApiMisuse) << text;
  }
}

TEST(ServerName, AcceptsTheLongestLabelAndName) {
  const std::string label(63, 'a');
  EXPECT_TRUE(is_dns_host_name(label));
  const std::string name = label + "." + label + "." + label + "." + std::string(61, 'b');
  ASSERT_EQ(name.size(), 253u);
  EXPECT_TRUE(is_dns_host_name(name));
  EXPECT_FALSE(is_dns_host_name(name + "b"));
}

TEST(ServerName, HostNamesHaveNoTrailingDotAndNoNumericEnd) {
  EXPECT_FALSE(is_dns_host_name("example.org."));
  EXPECT_FALSE(is_dns_host_name("host.42"));
  EXPECT_TRUE(is_dns_host_name("42.host"));
  EXPECT_TRUE(is_dns_host_name("4b2.h4"));
  EXPECT_TRUE(is_dns_host_name("_service.example.org"));
}

}  // namespace
}  // namespace nautilus
