#include "engine/dns/edns.h"

#include <gtest/gtest.h>

#include "test/engine/dns/message_builder.h"

namespace dotring::dns {
namespace {

// The part of an OPT record that read_opt() reads.
Octets from_class(const Octets& options, unsigned udp_size = 1232, uint32_t ttl = 0) {
  return be16(udp_size) + be32(ttl) + be16(static_cast<unsigned>(options.size())) + options;
}

struct Result {
  bool ok;
  Octets octets;  // what the views look into
  Edns edns;
};

Result read(const Octets& octets) {
  Result result{false, octets, {}};
  Reader reader(result.octets);
  result.edns = read_opt(reader);
  result.ok = reader.ok() && reader.remaining() == 0;
  return result;
}

bool accepts(unsigned code, const Octets& data) {
  return read(from_class(option_octets(code, data))).ok;
}

Octets write(const OptFields& fields, size_t before = 0, size_t room = 2000) {
  Octets octets(room);
  Writer writer(octets);
  writer.zeros(before);
  write_opt(writer, fields);
  EXPECT_TRUE(writer.ok());
  octets.resize(writer.offset());
  return octets;
}

// Reads what write() wrote behind `before` octets.
Result read_back(const Octets& octets, size_t before = 0) {
  EXPECT_EQ(octets[before], 0);
  EXPECT_EQ(load_be16(octets.data() + before + 1), type::kOpt);
  const Result result = read({octets.begin() + static_cast<ptrdiff_t>(before) + 3, octets.end()});
  EXPECT_TRUE(result.ok);
  return result;
}

TEST(ReadOpt, ReadsTheFixedPart) {
  const Result result = read(from_class({}, 4096, 0x01008000));
  EXPECT_TRUE(result.ok);
  EXPECT_EQ(result.edns.udp_size, 4096);
  EXPECT_EQ(result.edns.extended_rcode, 1);
  EXPECT_EQ(result.edns.version, 0);
  EXPECT_TRUE(result.edns.dnssec_ok);
  EXPECT_FALSE(result.edns.padding);
  EXPECT_FALSE(result.edns.keepalive_100ms.has_value());
  EXPECT_FALSE(result.edns.extended_error.has_value());
}

TEST(ReadOpt, SizesUnder512CountAs512) {
  EXPECT_EQ(read(from_class({}, 0)).edns.udp_size, 512);
  EXPECT_EQ(read(from_class({}, 511)).edns.udp_size, 512);
  EXPECT_EQ(read(from_class({}, 513)).edns.udp_size, 513);
  EXPECT_EQ(read(from_class({}, 65535)).edns.udp_size, 65535);
}

TEST(ReadOpt, UnknownFlagsAndOptionsPass) {
  const Result result = read(from_class(option_octets(65001, {1, 2, 3}), 1232, 0x00007fff));
  EXPECT_TRUE(result.ok);
  EXPECT_FALSE(result.edns.dnssec_ok);
}

TEST(ReadOpt, OptionsOfAnotherVersionAreNotLookedInto) {
  const Result result = read(from_class({1, 2, 3}, 1232, 0x00010000));
  EXPECT_TRUE(result.ok);
  EXPECT_EQ(result.edns.version, 1);
}

TEST(ReadOpt, CookiesAre8Or16To40Octets) {
  for (size_t size = 0; size <= 50; ++size) {
    const bool possible = size == 8 || (size >= 16 && size <= 40);
    EXPECT_EQ(accepts(option::kCookie, Octets(size, 7)), possible) << size;
  }
  const Result result = read(from_class(option_octets(option::kCookie, Octets(24, 7))));
  EXPECT_EQ(octets_of(result.edns.cookie), Octets(24, 7));
}

TEST(ReadOpt, KeepaliveIsEmptyOrTwoOctets) {
  for (size_t size = 0; size <= 4; ++size) {
    EXPECT_EQ(accepts(option::kTcpKeepalive, Octets(size, 1)), size == 0 || size == 2) << size;
  }
  const Result empty = read(from_class(option_octets(option::kTcpKeepalive, {})));
  EXPECT_EQ(empty.edns.keepalive_100ms, 0);
  EXPECT_TRUE(empty.edns.keepalive_empty);
  const Result value = read(from_class(option_octets(option::kTcpKeepalive, {1, 2})));
  EXPECT_EQ(value.edns.keepalive_100ms, 258);
  EXPECT_FALSE(value.edns.keepalive_empty);
}

TEST(ReadOpt, ClientSubnetsHaveAsManyOctetsAsTheirPrefixNeeds) {
  for (unsigned prefix = 0; prefix <= 255; ++prefix) {
    for (size_t octets = 0; octets <= 32; ++octets) {
      const Octets rest = Octets{static_cast<uint8_t>(prefix), 0} + Octets(octets, 0);
      const bool fits = octets == (prefix + 7) / 8;
      EXPECT_EQ(accepts(option::kClientSubnet, be16(1) + rest), fits && prefix <= 32);
      EXPECT_EQ(accepts(option::kClientSubnet, be16(2) + rest), fits && prefix <= 128);
      EXPECT_EQ(accepts(option::kClientSubnet, be16(9) + rest), fits);
    }
  }
  for (size_t size = 0; size < 4; ++size) {
    EXPECT_FALSE(accepts(option::kClientSubnet, Octets(size, 0))) << size;
  }
}

TEST(ReadOpt, ClientSubnetsHaveZerosBehindTheirPrefix) {
  EXPECT_TRUE(accepts(option::kClientSubnet, {0, 1, 20, 0, 192, 0, 0xf0}));
  EXPECT_FALSE(accepts(option::kClientSubnet, {0, 1, 20, 0, 192, 0, 0xf8}));
  const Octets subnet = {0, 1, 24, 0, 192, 0, 2};
  const Result result = read(from_class(option_octets(option::kClientSubnet, subnet)));
  EXPECT_EQ(octets_of(result.edns.client_subnet), subnet);
}

TEST(ReadOpt, ExtendedErrorsHaveACode) {
  EXPECT_FALSE(accepts(option::kExtendedError, {}));
  EXPECT_FALSE(accepts(option::kExtendedError, {0}));
  const Result result = read(from_class(option_octets(option::kExtendedError, {0, 22, 'h', 'i'})));
  EXPECT_TRUE(result.ok);
  EXPECT_EQ(result.edns.extended_error, extended_error::kNoReachableAuthority);
}

TEST(ReadOpt, PaddingOfAnySizeIsSeen) {
  EXPECT_TRUE(read(from_class(option_octets(option::kPadding, {}))).edns.padding);
  EXPECT_TRUE(read(from_class(option_octets(option::kPadding, Octets(468, 0)))).edns.padding);
}

TEST(ReadOpt, TheFirstOfTwoCountsAndBothAreChecked) {
  const Octets first = option_octets(option::kCookie, Octets(8, 1));
  const Result result = read(from_class(first + option_octets(option::kCookie, Octets(8, 2))));
  EXPECT_TRUE(result.ok);
  EXPECT_EQ(octets_of(result.edns.cookie), Octets(8, 1));
  EXPECT_FALSE(read(from_class(first + option_octets(option::kCookie, Octets(9, 2)))).ok);
  const Octets keepalive = option_octets(option::kTcpKeepalive, {0, 9});
  EXPECT_FALSE(read(from_class(keepalive + option_octets(option::kTcpKeepalive, {1}))).ok);
  const Octets two = keepalive + option_octets(option::kTcpKeepalive, {0, 8});
  EXPECT_EQ(read(from_class(two)).edns.keepalive_100ms, 9);
  const Octets error = option_octets(option::kExtendedError, {0, 9});
  EXPECT_FALSE(read(from_class(error + option_octets(option::kExtendedError, {1}))).ok);
  const Octets two_errors = error + option_octets(option::kExtendedError, {0, 8});
  EXPECT_EQ(read(from_class(two_errors)).edns.extended_error, 9);
}

TEST(ReadOpt, EveryCutIsRefused) {
  const Octets whole = from_class(option_octets(option::kCookie, Octets(8, 1)) +
                                  option_octets(option::kPadding, Octets(5, 0)));
  ASSERT_TRUE(read(whole).ok);
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(read({whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size)}).ok) << size;
  }
}

TEST(ReadOpt, OptionsMustFillTheRdataExactly) {
  EXPECT_FALSE(read(from_class({0})).ok);
  EXPECT_FALSE(read(from_class({0, 12})).ok);
  EXPECT_FALSE(read(from_class({0, 12, 0})).ok);
  EXPECT_FALSE(read(from_class({0, 12, 0, 1})).ok);
  EXPECT_FALSE(read(from_class({0, 12, 0, 1, 0, 0})).ok);
  EXPECT_TRUE(read(from_class({0, 12, 0, 1, 0})).ok);
}

TEST(WriteOpt, WritesElevenOctetsWithoutOptions) {
  OptFields fields;
  fields.dnssec_ok = true;
  fields.rcode = rcode::kBadVers;
  EXPECT_EQ(write(fields), (Octets{0, 0, 41, 0x04, 0xd0, 1, 0, 0x80, 0, 0, 0}));
  EXPECT_EQ(opt_size(fields), 11u);
}

TEST(WriteOpt, IsReadBack) {
  const Octets cookie(24, 0xc0);
  const Octets text = {'o', 'h'};
  OptFields fields;
  fields.udp_size = 1400;
  fields.rcode = rcode::kBadCookie;
  fields.keepalive_100ms = 300;
  fields.extended_error = extended_error::kStaleAnswer;
  fields.extended_error_text = text;
  fields.cookie = cookie;
  EXPECT_EQ(write(fields).size(), opt_size(fields));
  fields.pad_to_multiple = 468;
  const Octets octets = write(fields, 100);
  EXPECT_EQ(octets.size(), 468u);
  const Result result = read_back(octets, 100);
  EXPECT_EQ(result.edns.udp_size, 1400);
  EXPECT_EQ(result.edns.extended_rcode, 1);
  EXPECT_EQ(result.edns.keepalive_100ms, 300);
  EXPECT_EQ(result.edns.extended_error, extended_error::kStaleAnswer);
  EXPECT_EQ(octets_of(result.edns.cookie), cookie);
  EXPECT_TRUE(result.edns.padding);
}

TEST(WriteOpt, AsksForTheIdleTimeout) {
  OptFields fields;
  fields.keepalive_empty = true;
  EXPECT_EQ(opt_size(fields), 15u);
  const Octets octets = write(fields);
  EXPECT_EQ(octets.size(), 15u);
  EXPECT_TRUE(read_back(octets).edns.keepalive_empty);
}

TEST(WriteOpt, PadsEveryLengthToTheMultipleWithZeros) {
  for (const uint16_t multiple : {uint16_t{128}, uint16_t{468}}) {
    for (size_t before = 12; before < 1000; ++before) {
      OptFields fields;
      fields.pad_to_multiple = multiple;
      const Octets octets = write(fields, before);
      EXPECT_EQ(octets.size() % multiple, 0u) << before;
      EXPECT_LT(octets.size(), before + 15 + multiple) << before << ": never more than needed";
      for (size_t i = before + 15; i < octets.size(); ++i) ASSERT_EQ(octets[i], 0);
      EXPECT_TRUE(read_back(octets, before).edns.padding);
    }
  }
}

TEST(WriteOpt, PaddingIsTheLastOption) {
  OptFields fields;
  fields.keepalive_empty = true;
  fields.pad_to_multiple = 128;
  const Octets octets = write(fields);
  EXPECT_EQ(load_be16(octets.data() + 11), option::kTcpKeepalive);
  EXPECT_EQ(load_be16(octets.data() + 15), option::kPadding);
}

TEST(WriteOpt, PaddingIsShortenedToTheRoom) {
  for (size_t room = 11; room <= 128; ++room) {
    OptFields fields;
    fields.pad_to_multiple = 128;
    const Octets octets = write(fields, 0, room);
    EXPECT_EQ(octets.size(), room < 15 ? 11 : room);
    EXPECT_EQ(read_back(octets).edns.padding, room >= 15);
  }
}

TEST(WriteOpt, PaddingNeverPassesTheSizeOfAMessage) {
  OptFields fields;
  fields.pad_to_multiple = 468;
  const Octets octets = write(fields, 65510, 70000);
  EXPECT_EQ(octets.size(), kMessageSizeMax);
  EXPECT_EQ(write(fields, kMessageSizeMax - 11, 70000).size(), kMessageSizeMax);
}

TEST(WriteOpt, FailsTheWriterWithoutRoom) {
  OptFields fields;
  fields.keepalive_100ms = 1;
  for (size_t room = 0; room < opt_size(fields); ++room) {
    Octets octets(room);
    Writer writer(octets);
    write_opt(writer, fields);
    EXPECT_FALSE(writer.ok()) << room;
  }
}

}  // namespace
}  // namespace dotring::dns
