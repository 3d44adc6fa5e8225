#include "wire/extensions/pre_shared_key.hpp"

#include <array>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "unit/wire/wire_support.hpp"

namespace nautilus::test {
namespace {

using namespace wire;

ByteVector offer(const std::vector<ByteVector>& tickets, const std::vector<std::size_t>& binders) {
  std::vector<PskIdentity> identities;
  std::uint32_t age = 0x01020304;
  for (const ByteVector& ticket : tickets) identities.push_back({ticket, age++});
  ByteVector out;
  encode_offered_psks(out, identities, binders);
  return out;
}

TEST(PreSharedKey, Layout) {
  const ByteVector out = offer({hex("aabbcc")}, {32});
  EXPECT_EQ(out, concat({hex("0009 0003 aabbcc 01020304 0021 20"), ByteVector(32, 0)}));
  const auto psks = decode_offered_psks(out);
  ASSERT_TRUE(psks);
  ASSERT_EQ(psks->identities.size(), 1u);
  EXPECT_EQ(to_vector(psks->identities[0].identity), hex("aabbcc"));
  EXPECT_EQ(psks->identities[0].obfuscated_ticket_age, 0x01020304u);
  ASSERT_EQ(psks->binders.size(), 1u);
  EXPECT_EQ(psks->binders[0].size(), 32u);
  EXPECT_EQ(psks->binders_size, 2u + 1 + 32);
}

TEST(PreSharedKey, EveryTruncationAndAnyTrailerIsRefused) {
  expect_exact(decode_offered_psks, offer({hex("aa")}, {32}));
  expect_exact(decode_offered_psks, offer({hex("aa"), hex("bbcc")}, {32, 48}));
}

TEST(PreSharedKey, SizeOfTheBinders) {
  const std::array<std::size_t, 2> sizes{32, 48};
  EXPECT_EQ(binders_list_size(sizes), 2u + 33 + 49);
  EXPECT_EQ(decode_offered_psks(offer({hex("aa"), hex("bb")}, {32, 48}))->binders_size,
            binders_list_size(sizes));
}

TEST(PreSharedKey, BoundsOfIdentitiesAndBinders) {
  const ByteVector binders = concat({hex("0021 20"), ByteVector(32, 0)});
  // No identity, and an empty one beside a long enough list.
  expect_decode_error(decode_offered_psks, concat({hex("0000"), binders}));
  expect_decode_error(decode_offered_psks, concat({hex("0006 0000 00000000"), binders}));
  expect_decode_error(decode_offered_psks,
                      concat({hex("000c 0000 00000000 0000 00000000"), binders}));
  // The age cut off.
  expect_decode_error(decode_offered_psks, concat({hex("0007 0002 aabb 000000"), binders}));
  const ByteVector identities = hex("0007 0001 aa 00000000");
  expect_decode_error(decode_offered_psks, concat({identities, hex("0000")}));
  expect_decode_error(decode_offered_psks, concat({identities, hex("0020 1f"), ByteVector(31, 0)}));
  // 31 octets of binder in a list that is long enough.
  expect_decode_error(decode_offered_psks, concat({identities, hex("0040 1f"), ByteVector(31, 0),
                                                   hex("1f"), ByteVector(31, 0)}));
  EXPECT_TRUE(decode_offered_psks(concat({identities, hex("0100 ff"), ByteVector(255, 0)})));
}

TEST(PreSharedKey, AsManyBindersAsIdentities) {
  expect_refused(decode_offered_psks, offer({hex("aa"), hex("bb")}, {32}),
                 ErrorCode::IllegalParameter, AlertDescription::illegal_parameter);
  expect_refused(decode_offered_psks, offer({hex("aa")}, {32, 32}), ErrorCode::IllegalParameter,
                 AlertDescription::illegal_parameter);
}

TEST(PreSharedKey, TooManyIdentitiesAreRefused) {
  const std::vector<ByteVector> most(kMaxPskIdentities, hex("aa"));
  EXPECT_TRUE(decode_offered_psks(offer(most, std::vector<std::size_t>(most.size(), 32))));
  std::vector<ByteVector> more = most;
  more.push_back(hex("aa"));
  expect_decode_error(decode_offered_psks, offer(more, std::vector<std::size_t>(more.size(), 32)));
  // The binders have the same bound, whatever the identities say.
  expect_decode_error(decode_offered_psks,
                      offer(most, std::vector<std::size_t>(most.size() + 1, 32)));
}

TEST(PreSharedKey, PatchedBindersLandAtTheEnd) {
  ByteVector hello = concat({hex("0100"), offer({hex("aa"), hex("bb")}, {32, 48})});
  const ByteVector before = hello;
  const ByteVector first(32, 0x11);
  const ByteVector second(48, 0x22);
  patch_binders(hello, std::array{ByteView(first), ByteView(second)});
  const auto psks = decode_offered_psks(ByteView(hello).subspan(2));
  ASSERT_TRUE(psks);
  EXPECT_EQ(to_vector(psks->binders[0]), first);
  EXPECT_EQ(to_vector(psks->binders[1]), second);
  const std::size_t kept = hello.size() - psks->binders_size;
  EXPECT_TRUE(std::equal(before.begin(), before.begin() + static_cast<std::ptrdiff_t>(kept),
                         hello.begin()));
}

TEST(PreSharedKey, SelectedIdentity) {
  ByteVector out;
  encode_selected_identity(out, 0x0102);
  EXPECT_EQ(out, hex("0102"));
  EXPECT_EQ(*decode_selected_identity(out), 0x0102);
  expect_exact(decode_selected_identity, out);
}

RC_GTEST_PROP(PreSharedKey, RoundTrip, ()) {
  const auto count = *rc::gen::inRange<std::size_t>(1, 9);
  std::vector<ByteVector> tickets;
  std::vector<std::size_t> sizes;
  for (std::size_t i = 0; i < count; ++i) {
    tickets.push_back(random_octets(1, 200));
    sizes.push_back(*rc::gen::inRange<std::size_t>(32, 256));
  }
  const ByteVector octets = offer(tickets, sizes);
  const auto psks = decode_offered_psks(octets);
  RC_ASSERT(psks.has_value());
  RC_ASSERT(psks->identities.size() == count);
  RC_ASSERT(psks->binders.size() == count);
  RC_ASSERT(psks->binders_size == binders_list_size(sizes));
  for (std::size_t i = 0; i < count; ++i) RC_ASSERT(psks->binders[i].size() == sizes[i]);
}

RC_GTEST_PROP(PreSharedKey, SurvivesAnything, ()) {
  survives_anything(decode_offered_psks, random_octets(0, 120));
  survives_a_flip(decode_offered_psks, offer({random_octets(1, 9), hex("aa")}, {32, 33}));
}

}  // namespace
}  // namespace nautilus::test
