using System.Text.Json;
using CsCheck;
using Gantry.Clusters.Model;
using Gantry.Clusters.Tests.Explaining;

namespace Gantry.Clusters.Tests.Model;

public sealed class ValueCollectionTests
{
    private static readonly Gen<string[]> Words = Regions.One("a", "b", "c").Array[0, 4];

    private static readonly Gen<Dictionary<string, int>> Entries = Gen.Dictionary(Regions.One("a", "b", "c", "d"), Gen.Int[0, 2])[
        0,
        4
    ];

    [Fact]
    public void Lists_are_equal_exactly_when_their_items_are() =>
        Gen.Select(Words, Words)
            .Sample(
                (one, other) =>
                {
                    ValueList<string> left = [.. one];
                    ValueList<string> right = [.. other];
                    Assert.Equal(one.SequenceEqual(other), left == right);
                    Assert.Equal(left == right, left.Equals((object)right));
                    Assert.True(left != right || left.GetHashCode() == right.GetHashCode());
                    // The hash codes are computed by now, and the answer stays.
                    Assert.Equal(one.SequenceEqual(other), left == right);
                }
            );

    [Fact]
    public void Maps_are_equal_exactly_when_their_entries_are_in_whatever_order() =>
        Gen.Select(Entries, Entries)
            .Sample(
                (one, other) =>
                {
                    ValueMap<string, int> left = [.. one];
                    ValueMap<string, int> right = [.. other.Reverse()];
                    var same =
                        one.Count == other.Count
                        && one.All(entry => other.TryGetValue(entry.Key, out var value) && value == entry.Value);
                    Assert.Equal(same, left == right);
                    Assert.True(!same || left.GetHashCode() == right.GetHashCode());
                }
            );

    [Fact]
    public void A_list_is_an_array_in_json_and_is_read_back_the_same() =>
        Words.Sample(words =>
        {
            ValueList<string> list = [.. words];
            var json = JsonSerializer.Serialize(list, ModelJson.Options);
            Assert.Equal(JsonSerializer.Serialize(words, ModelJson.Options), json);
            Assert.Equal(list, JsonSerializer.Deserialize<ValueList<string>>(json, ModelJson.Options));
        });

    [Fact]
    public void A_map_is_an_object_in_json_and_is_read_back_the_same_in_its_order() =>
        Entries.Sample(entries =>
        {
            ValueMap<string, int> map = [.. entries];
            var json = JsonSerializer.Serialize(map, ModelJson.Options);
            Assert.Equal(JsonSerializer.Serialize(entries, ModelJson.Options), json);
            var read = JsonSerializer.Deserialize<ValueMap<string, int>>(json, ModelJson.Options)!;
            Assert.Equal(map, read);
            Assert.Equal(map.Keys, read.Keys);
        });

    [Fact]
    public void Desired_clusters_are_equal_exactly_when_they_are_written_alike() =>
        Gen.Select(Regions.Clusters, Regions.Clusters)
            .Sample(
                (one, other) =>
                {
                    var (written, writtenOther) = (
                        JsonSerializer.Serialize(one, ModelJson.Options),
                        JsonSerializer.Serialize(other, ModelJson.Options)
                    );
                    Assert.Equal(written == writtenOther, one == other);
                    var read = JsonSerializer.Deserialize<ClusterSpec>(written, ModelJson.Options)!;
                    Assert.Equal(one, read);
                    Assert.Equal(one.GetHashCode(), read.GetHashCode());
                }
            );

    [Fact]
    public void A_map_with_another_value_for_a_key_leaves_the_first_as_it_is()
    {
        ValueMap<string, int> before = [new("a", 1), new("b", 2)];

        var after = before.With("a", 3);

        Assert.Equal([new("a", 3), new("b", 2)], after);
        Assert.Equal([new("a", 1), new("b", 2)], before);
    }

    [Fact]
    public void The_text_of_a_list_names_no_item()
    {
        ValueList<NodeFile> files = [new NodeFile("/etc/key", "secret")];

        Assert.Equal("1 NodeFile", files.ToString());
    }

    [Fact]
    public void Add_ons_are_applied_network_first_then_storage_whatever_the_order_of_the_list()
    {
        AddonLayers addons =
        [
            new AddonLayer("monitoring", "1", "addon", "m"),
            new AddonLayer("ceph", "1", "csi", "s"),
            new AddonLayer("cilium", "1", "cni", "n"),
        ];

        Assert.Equal(["cilium", "ceph", "monitoring"], addons.InOrder().Select(addon => addon.Name));
    }

    // Written by the version that first stored digests: another value would apply the add-ons of every cluster again.
    [Fact]
    public void The_digest_of_add_ons_stays_what_ledgers_hold()
    {
        AddonLayers addons =
        [
            new AddonLayer("cilium", "1.18", "cni", "network manifest"),
            new AddonLayer("storage", "1", "csi", "storage manifest"),
        ];

        Assert.Equal("1f76aa4f6d5943f4", addons.Digest);
        Assert.NotEqual(addons.Digest, AddonLayers.Create([addons[0]]).Digest);
    }
}
