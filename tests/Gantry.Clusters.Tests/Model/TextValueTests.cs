using System.Net;
using System.Text.Json;
using CsCheck;
using Gantry.Clusters.Model;

namespace Gantry.Clusters.Tests.Model;

public sealed class TextValueTests
{
    private static readonly Gen<string> Characters = Gen.String[Gen.Char["aZ09-._/: @é\n"], 0, 12];

    private static readonly Gen<string> Labels = Gen.String[Gen.Char["az09-"], 1, 63];

    [Fact]
    public void A_name_that_can_be_part_of_a_host_name_is_what_rfc_1123_says_in_lower_case() =>
        Gen.OneOf(Characters, Labels)
            .Sample(text =>
                Assert.Equal(
                    text.Length is > 0 and <= 63 && text.All(IsLowerOrDash) && text[0] is not '-' && text[^1] is not '-',
                    DnsLabel.TryParse(text, out _)
                )
            );

    [Fact]
    public void A_domain_name_is_labels_with_dots_between_them_in_whatever_case() =>
        Gen.OneOf(Characters, Labels.Array[1, 5].Select(labels => string.Join('.', labels)))
            .Sample(text =>
                Assert.Equal(
                    text.Length <= 253
                        && text.Split('.')
                            .All(label => DnsLabel.TryParse(label.ToLowerInvariant(), out _) && label.All(char.IsAscii)),
                    DnsName.TryParse(text, out _)
                )
            );

    [Fact]
    public void A_label_key_is_a_qualified_name_of_kubernetes() =>
        Gen.OneOf(Characters, Gen.Select(Labels, Labels).Select((prefix, name) => $"{prefix}.example/{name}"))
            .Sample(text =>
            {
                var parts = text.Split('/');
                var expected =
                    parts.Length <= 2
                    && IsLabelName(parts[^1])
                    && (
                        parts.Length is 1
                        || (DnsName.TryParse(parts[0], out var domain) && domain.Value == domain.Value.ToLowerInvariant())
                    );
                Assert.Equal(expected, LabelKey.TryParse(text, out _));
            });

    [Fact]
    public void A_label_value_is_empty_or_like_the_name_of_a_key() =>
        Gen.OneOf(Characters, Gen.String[Gen.Char["aZ0-_."], 1, 70])
            .Sample(text => Assert.Equal(text.Length is 0 || IsLabelName(text), LabelValue.TryParse(text, out _)));

    [Theory]
    [InlineData(63, true)]
    [InlineData(64, false)]
    public void Names_and_values_of_labels_have_63_characters_at_most(int length, bool fits)
    {
        var text = new string('a', length);

        Assert.Equal(
            (fits, fits, fits),
            (DnsLabel.TryParse(text, out _), LabelValue.TryParse(text, out _), LabelKey.TryParse($"example.com/{text}", out _))
        );
    }

    [Theory]
    [InlineData(253, true)]
    [InlineData(254, false)]
    public void Domains_have_253_characters_at_most(int length, bool fits)
    {
        var domain = string.Join('.', Enumerable.Repeat(new string('a', 49), 5)) + "." + new string('b', length - 250);

        Assert.Equal(
            (length, fits, fits),
            (domain.Length, DnsName.TryParse(domain, out _), LabelKey.TryParse($"{domain}/x", out _))
        );
    }

    [Fact]
    public void A_network_is_printed_with_the_bits_behind_its_prefix_cleared() =>
        Gen.Select(Gen.Byte.Array[4], Gen.Int[0, 32])
            .Sample(
                (bytes, length) =>
                {
                    var network = Cidr.Parse($"{new IPAddress(bytes)}/{length}");
                    Assert.Equal(network, Cidr.Parse(network.ToString()));
                    var bits = BitConverter.ToUInt32([.. bytes.Reverse()]) & (length is 0 ? 0 : uint.MaxValue << (32 - length));
                    Assert.Equal($"{new IPAddress([.. BitConverter.GetBytes(bits).Reverse()])}/{length}", network.ToString());
                    Assert.True(network.ToNetwork().Contains(new IPAddress(bytes)));
                }
            );

    [Theory]
    [InlineData("10/8")]
    [InlineData("10.1/16")]
    [InlineData("10.0.0.0")]
    [InlineData("10.0.0.0/33")]
    [InlineData("fd00::/129")]
    [InlineData("everything")]
    [InlineData("")]
    public void What_is_no_network_is_refused(string text) => Assert.False(Cidr.TryParse(text, out _));

    [Theory]
    [InlineData("10.0.0.10", "10.0.0.10")]
    [InlineData("FD00:0:0::10", "fd00::10")]
    [InlineData("10.1", null)]
    [InlineData("10.0.0.256", null)]
    [InlineData("host", null)]
    [InlineData("", null)]
    public void An_address_is_whole_and_is_printed_in_its_shortest_form(string text, string? printed) =>
        Assert.Equal(printed, IpAddress.TryParse(text, out var address) ? address.ToString() : null);

    [Theory]
    [InlineData("10.0.0.10", true)]
    [InlineData("fd00::10", true)]
    [InlineData("ntp.ubuntu.com", true)]
    [InlineData("maas", true)]
    [InlineData("https://ntp.ubuntu.com", false)]
    [InlineData("two words", false)]
    [InlineData("-", false)]
    [InlineData("", false)]
    public void A_host_is_an_address_or_a_domain_name(string text, bool isHost) =>
        Assert.Equal(isHost, HostAddress.TryParse(text, out _));

    [Theory]
    [InlineData("ubuntu/noble", true)]
    [InlineData("custom/ubuntu-24.04-k8s-1.33.4", true)]
    [InlineData("mine", true)]
    [InlineData("", false)]
    [InlineData("two words", false)]
    [InlineData("a,b", false)]
    [InlineData("a\n", false)]
    public void An_image_is_named_as_maas_names_it(string text, bool isName) =>
        Assert.Equal(isName, ImageName.TryParse(text, out _));

    [Fact]
    public void A_taint_is_printed_as_it_is_written() =>
        Gen.Select(Gen.Bool, Gen.Int[0, 2], Gen.String[Gen.Char["aZ9"], 0, 5])
            .Sample(
                (prefixed, effect, value) =>
                {
                    var taint = new Taint(
                        LabelKey.Parse(prefixed ? "example.com/gpu" : "gpu"),
                        LabelValue.Parse(value),
                        (TaintEffect)effect
                    );
                    Assert.True(Taint.TryParse(taint.ToString(), out var read));
                    Assert.Equal(taint, read);
                }
            );

    [Theory]
    [InlineData("gpu")]
    [InlineData("gpu:Never")]
    [InlineData("gpu:0")]
    [InlineData("gpu:noSchedule")]
    [InlineData(":NoSchedule")]
    [InlineData("=yes:NoSchedule")]
    [InlineData("a=b=c:NoSchedule")]
    [InlineData("gpu=-:NoSchedule")]
    public void What_is_no_taint_is_refused(string text) => Assert.False(Taint.TryParse(text, out _));

    [Fact]
    public void A_share_of_a_pool_is_rounded_up_for_surge_and_down_for_unavailable() =>
        Gen.Select(Gen.Int[0, 100], Gen.Int[0, MachinePool.MostMachines])
            .Sample(
                (percent, size) =>
                {
                    var share = TextValue.Parse<MachineAmount>($"{percent}%");
                    Assert.Equal(((size * percent) + 99) / 100, share.RoundedUp(size));
                    Assert.Equal(size * percent / 100, share.RoundedDown(size));
                    Assert.Equal($"{percent}%", share.ToString());
                    Assert.Equal(percent, TextValue.Parse<MachineAmount>($"{percent}").RoundedUp(size));
                }
            );

    [Theory]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("%")]
    [InlineData("1001")]
    [InlineData("25 %")]
    [InlineData("")]
    public void What_is_no_amount_is_refused(string text) => Assert.False(MachineAmount.TryParse(text, out _));

    [Fact]
    public void No_value_ends_in_a_line_break_or_holds_a_control_character()
    {
        Refuses<DnsLabel>("worker-1");
        Refuses<DnsName>("api.example");
        Refuses<IpAddress>("10.0.0.10");
        Refuses<IpAddress>("fd00::10");
        Refuses<Cidr>("10.96.0.0/12");
        Refuses<HostAddress>("10.0.0.10");
        Refuses<LabelKey>("example.com/role");
        Refuses<LabelValue>("gold");
        Refuses<ImageName>("custom/mine");
        Refuses<KubernetesVersion>("1.34.1");
        Refuses<MachineAmount>("25%");
        Refuses<Taint>("gpu=yes:NoSchedule");
        Refuses<HttpUrl>("https://mirror.example:5000/v2");
        Refuses<RegistryHost>("registry.example:5000");
        Refuses<SshPublicKey>("ssh-ed25519 AAAA me");
        Refuses<FilePath>("/etc/motd");
        Refuses<FileOwner>("root:root");
        Refuses<FilePermissions>("0644");
        Refuses<DirectHost>(".example");
        Refuses<ArgumentName>("max-pods");

        static void Refuses<T>(string text)
            where T : ITextValue<T>
        {
            Assert.True(T.TryParse(text, out _), $"{typeof(T).Name} {text}");
            Assert.All(
                ["\n", "\r\n", "\0", "\u0085"],
                end => Assert.False(T.TryParse(text + end, out _), $"{typeof(T).Name} {JsonSerializer.Serialize(text + end)}")
            );
        }
    }

    [Theory]
    [InlineData("fd00::1%eth0")]
    [InlineData("fd00::1%\";reboot")]
    [InlineData("[fd00::1]")]
    [InlineData("[fd00::1]:443")]
    [InlineData("010.0.0.1")]
    [InlineData("0x0a.0.0.1")]
    public void What_only_dotnet_reads_as_an_address_is_refused(string text)
    {
        Assert.False(IpAddress.TryParse(text, out _));
        Assert.False(HostAddress.TryParse(text, out _) && text.Contains(':', StringComparison.Ordinal));
        Assert.False(Cidr.TryParse($"{text}/16", out _));
    }

    [Theory]
    [InlineData("ftp://mirror.example")]
    [InlineData("https://")]
    [InlineData("mirror.example")]
    [InlineData("https://mirror.example/a b")]
    [InlineData("https://mirror.example/\"x")]
    [InlineData("https://mirror.example/\\x")]
    [InlineData(" https://mirror.example")]
    public void What_is_no_url_is_refused(string text) => Assert.False(HttpUrl.TryParse(text, out _));

    [Theory]
    [InlineData("docker.io", true)]
    [InlineData("registry.example:5000", true)]
    [InlineData("[fd00::1]:5000", true)]
    [InlineData("10.0.0.10", true)]
    [InlineData("../../etc", false)]
    [InlineData("https://docker.io", false)]
    [InlineData("docker.io/library", false)]
    [InlineData("registry.example:0", false)]
    [InlineData("registry.example:65536", false)]
    [InlineData("", false)]
    public void A_registry_is_a_host_with_its_port_if_there_is_one(string text, bool isRegistry) =>
        Assert.Equal(isRegistry, RegistryHost.TryParse(text, out _));

    [Theory]
    [InlineData("/etc/motd", true)]
    [InlineData("/opt/two words", true)]
    [InlineData("/", false)]
    [InlineData("/etc/", false)]
    [InlineData("//etc", false)]
    [InlineData("etc/motd", false)]
    [InlineData("/etc/../root", false)]
    [InlineData("/etc/./motd", false)]
    [InlineData("", false)]
    public void A_file_is_named_by_its_absolute_path(string text, bool isPath) =>
        Assert.Equal(isPath, FilePath.TryParse(text, out _));

    [Theory]
    [InlineData("swapoff -a", true)]
    [InlineData("for n in 1 2; do\n\techo $n\ndone\n", true)]
    [InlineData("a\0b", false)]
    [InlineData("a\r", false)]
    [InlineData("", false)]
    public void A_shell_command_may_have_several_lines(string text, bool isCommand) =>
        Assert.Equal(isCommand, ShellCommand.TryParse(text, out _));

    [Fact]
    public void The_key_of_an_annotation_may_have_its_domain_in_upper_case()
    {
        Assert.True(LabelKey.TryParseAnnotation("Example.com/Role", out var key));
        Assert.Equal("Example.com/Role", key.Value);
        Assert.False(LabelKey.TryParse("Example.com/Role", out _));
        Assert.False(LabelKey.TryParseAnnotation("a b", out _));
        Assert.False(LabelKey.TryParseAnnotation(null, out _));
    }

    [Fact]
    public void Every_value_is_a_plain_string_in_json_and_is_read_back_the_same()
    {
        RoundTrip<DnsLabel>("worker-1");
        RoundTrip<DnsName>("API.example");
        RoundTrip<IpAddress>("fd00::10");
        RoundTrip<Cidr>("10.96.0.0/12");
        RoundTrip<HostAddress>("10.0.0.10");
        RoundTrip<LabelKey>("example.com/role");
        RoundTrip<LabelValue>("");
        RoundTrip<ImageName>("custom/mine");
        RoundTrip<KubernetesVersion>("1.34.1");

        static void RoundTrip<T>(string text)
            where T : ITextValue<T>
        {
            var value = TextValue.Parse<T>(text);
            var json = JsonSerializer.Serialize(value, ModelJson.Options);
            Assert.Equal($"\"{text}\"", json);
            var read = JsonSerializer.Deserialize<T>(json, ModelJson.Options)!;
            Assert.Equal(value, read);
            Assert.Equal(value.GetHashCode(), read.GetHashCode());
            var keyed = JsonSerializer.Serialize(new Dictionary<T, int> { [value] = 1 }, ModelJson.Options);
            Assert.Equal($$"""{"{{text}}":1}""", keyed);
        }
    }

    [Fact]
    public void A_value_of_the_wrong_form_says_what_it_is_and_what_to_write()
    {
        var refusal = Assert.Throws<FormatException>(() => Cidr.Parse("everything"));

        Assert.Equal("'everything' is not a network; write an address range, for example 10.96.0.0/12", refusal.Message);
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Cidr>("\"everything\"", ModelJson.Options));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<DnsLabel>("7", ModelJson.Options));
    }

    // A second implementation of the rule, to compare the regular expression with.
    private static bool IsLabelName(string text) =>
        text.Length is > 0 and <= 63
        && text.All(one => char.IsAsciiLetterOrDigit(one) || one is '-' or '_' or '.')
        && char.IsAsciiLetterOrDigit(text[0])
        && char.IsAsciiLetterOrDigit(text[^1]);

    private static bool IsLowerOrDash(char one) => char.IsAsciiLetterLower(one) || char.IsAsciiDigit(one) || one is '-';
}
