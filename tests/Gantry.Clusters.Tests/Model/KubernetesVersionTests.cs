using System.Text.Json;
using CsCheck;
using Gantry.Clusters.Model;

namespace Gantry.Clusters.Tests.Model;

public sealed class KubernetesVersionTests
{
    private static readonly Gen<(int Minor, int Patch)> Numbers = Gen.Select(Gen.Int[0, 999], Gen.Int[0, 999]);

    private static readonly Gen<KubernetesVersion> Versions = Gen.Select(Gen.Int[28, 31], Gen.Int[0, 3])
        .Select((minor, patch) => KubernetesVersion.Parse($"1.{minor}.{patch}"));

    [Fact]
    public void A_version_is_printed_as_it_is_written_with_or_without_a_v() =>
        Numbers.Sample(numbers =>
        {
            var text = $"1.{numbers.Minor}.{numbers.Patch}";
            var version = KubernetesVersion.Parse(text);
            Assert.Equal((numbers.Minor, numbers.Patch, text), (version.Minor, version.Patch, version.ToString()));
            Assert.Equal(version, KubernetesVersion.Parse("v" + text));
            Assert.Equal(version.GetHashCode(), KubernetesVersion.Parse("v" + text).GetHashCode());
        });

    [Fact]
    public void Versions_are_ordered_by_their_numbers_and_not_by_their_text() =>
        Gen.Select(Numbers, Numbers)
            .Sample(
                (one, other) =>
                {
                    var (left, right) = (
                        KubernetesVersion.Parse($"1.{one.Minor}.{one.Patch}"),
                        KubernetesVersion.Parse($"1.{other.Minor}.{other.Patch}")
                    );
                    var order = one.CompareTo(other);
                    Assert.Equal(order < 0, left < right);
                    Assert.Equal(order > 0, left > right);
                    Assert.Equal(order <= 0, left <= right);
                    Assert.Equal(order >= 0, left >= right);
                    Assert.Equal(order is 0, left == right);
                }
            );

    [Theory]
    [InlineData("")]
    [InlineData("1.33")]
    [InlineData("1.33.x")]
    [InlineData("1.33.4.5")]
    [InlineData("2.0.0")]
    [InlineData("V1.33.4")]
    [InlineData("1.33.4+k3s1")]
    [InlineData("1.33.4\n")]
    [InlineData(" 1.33.4")]
    public void What_is_no_release_is_refused_with_the_text_and_the_form(string text)
    {
        var refusal = Assert.Throws<FormatException>(() => KubernetesVersion.Parse(text));

        Assert.Equal($"'{text}' is not a Kubernetes version; write three numbers, for example 1.34.1", refusal.Message);
        Assert.Null(KubernetesVersion.Reported(text));
        Assert.Throws<JsonException>(() =>
            JsonSerializer.Deserialize<KubernetesVersion>(JsonSerializer.Serialize(text), ModelJson.Options)
        );
    }

    [Fact]
    public void A_version_is_a_plain_string_in_json() =>
        Versions.Sample(version =>
        {
            var json = JsonSerializer.Serialize(version, ModelJson.Options);
            Assert.Equal($"\"{version}\"", json);
            Assert.Equal(version, JsonSerializer.Deserialize<KubernetesVersion>(json, ModelJson.Options));
            Assert.Equal(version, JsonSerializer.Deserialize<KubernetesVersion>($"\"v{version}\"", ModelJson.Options));
        });

    [Fact]
    public void A_cluster_never_goes_back_and_never_skips_a_minor_version() =>
        Gen.Select(Versions.Array[1, 3], Versions)
            .Sample(
                (running, wanted) =>
                {
                    var step = wanted.StepFrom(running);
                    Assert.Equal(
                        Array.TrueForAll(running, has => wanted >= has && wanted.Minor - has.Minor <= 1),
                        step is VersionStep.Allowed
                    );
                    Assert.Equal(Array.Exists(running, has => wanted < has), step is VersionStep.GoesBack);
                }
            );

    [Fact]
    public void The_state_of_kubeadms_version_is_read_as_it_was_written() =>
        Versions.Sample(version =>
        {
            KubeadmVersionState[] states =
            [
                new KubeadmVersionState.Known(version),
                new KubeadmVersionState.Changing(version),
                new KubeadmVersionState.Changing(To: null),
            ];
            Assert.All(
                states,
                state =>
                    Assert.Equal(
                        state,
                        JsonSerializer.Deserialize<KubeadmVersionState>(
                            JsonSerializer.Serialize(state, ModelJson.Options),
                            ModelJson.Options
                        )
                    )
            );
        });

    [Theory]
    [InlineData("\"1.33.4\"", true)]
    [InlineData("\"unsure\"", false)]
    public void The_state_of_kubeadms_version_in_an_older_ledger_is_read(string json, bool known)
    {
        var state = JsonSerializer.Deserialize<KubeadmVersionState>(json, ModelJson.Options)!;

        Assert.Equal(known, state.Is(KubernetesVersion.Parse("1.33.4")));
        Assert.Equal(
            known ? new KubeadmVersionState.Known(KubernetesVersion.Parse("1.33.4")) : new KubeadmVersionState.Changing(To: null),
            state
        );
    }

    [Fact]
    public void While_kubeadms_version_changes_it_is_neither_the_old_nor_the_new_one()
    {
        var (from, to) = (KubernetesVersion.Parse("1.33.4"), KubernetesVersion.Parse("1.34.1"));
        var changing = new KubeadmVersionState.Changing(to);

        Assert.False(changing.Is(from));
        Assert.False(changing.Is(to));
    }
}
