using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Gantry.Maas.Dns;
using Gantry.Maas.Http;
using Gantry.Maas.Images;
using Gantry.Maas.Machines;
using Gantry.Maas.Networks;
using Gantry.Maas.ResourcePools;
using Gantry.Maas.Server;
using Gantry.Maas.Tags;
using Gantry.Maas.Users;
using Gantry.Maas.Zones;

namespace Gantry.Maas.Tests;

/// <summary>The client reads the recorded answers of a real region.</summary>
public sealed class RecordingsTests
{
    /// <summary>Paths below <c>api/2.0/</c> and what the client reads from them.</summary>
    private static readonly (string Path, Type Type)[] Types =
    [
        (@"^version/$", typeof(MaasVersion)),
        (@"^users/\?op=whoami$", typeof(User)),
        (@"^users/$", typeof(MaasList<User>)),
        (@"^machines/\?op=release$", typeof(IReadOnlyList<string>)),
        (@"^machines/\?op=allocate$", typeof(Machine)),
        (@"^machines/(\?op=list_allocated.*|\?(?!op=).*)?$", typeof(MaasList<Machine>)),
        (
            @"^machines/\w+/(op-\w+|\?op=(abort|commission|deploy|exit_rescue_mode|lock|mark_broken|mark_fixed|power_off|power_on"
                + "|release|rescue_mode|set_owner_data|set_workload_annotations|set_storage_layout|unlock))?$",
            typeof(Machine)
        ),
        (@"^nodes/\w+/blockdevices/$", typeof(MaasList<BlockDevice>)),
        (@"^nodes/\w+/interfaces/$", typeof(MaasList<Interface>)),
        (@"^nodes/\w+/interfaces/\d+/", typeof(Interface)),
        (@"^zones/$", typeof(MaasList<Zone>)),
        (@"^zones/[^/]+/$", typeof(Zone)),
        (@"^resourcepools/$", typeof(MaasList<ResourcePool>)),
        (@"^resourcepool/[^/]+/$", typeof(ResourcePool)),
        (@"^tags/$", typeof(MaasList<Tag>)),
        (@"^tags/\w+/$", typeof(Tag)),
        (@"^tags/\w+/\?op=machines$", typeof(MaasList<Machine>)),
        (@"^tags/\w+/\?op=update_nodes$", typeof(TagChange)),
        (@"^domains/$", typeof(MaasList<Domain>)),
        (@"^domains/[^/]+/(\?op=set_default)?$", typeof(Domain)),
        (@"^dnsresources/(\?.*)?$", typeof(MaasList<DnsResource>)),
        (@"^dnsresources/[^/]+/$", typeof(DnsResource)),
        (@"^dnsresourcerecords/(\?.*)?$", typeof(MaasList<DnsRecord>)),
        (@"^subnets/$", typeof(MaasList<Subnet>)),
        (@"^subnets/\d+/\?op=statistics", typeof(SubnetStatistics)),
        (@"^subnets/\d+/\?op=(un)?reserved_ip_ranges", typeof(MaasList<AddressRange>)),
        (@"^subnets/\d+/\?op=ip_addresses", typeof(MaasList<IpAddress>)),
        (@"^subnets/[^?]+/$", typeof(Subnet)),
        (@"^fabrics/$", typeof(MaasList<Fabric>)),
        (@"^fabrics/\d+/$", typeof(Fabric)),
        (@"^fabrics/\d+/vlans/$", typeof(MaasList<Vlan>)),
        (@"^fabrics/\d+/vlans/\d+/$", typeof(Vlan)),
        (@"^spaces/$", typeof(MaasList<Space>)),
        (@"^ipaddresses/\?op=reserve$", typeof(IpAddress)),
        (@"^ipaddresses/(\?(?!op=).*)?$", typeof(MaasList<IpAddress>)),
        (@"^ipranges/$", typeof(MaasList<IpRange>)),
        (@"^boot-resources/\?op=is_importing$", typeof(bool)),
        (@"^boot-resources/(\?type.*)?$", typeof(MaasList<BootResource>)),
        (@"^boot-resources/\d+/$", typeof(BootResource)),
        (@"^account/prefs/sshkeys/$", typeof(MaasList<SshKey>)),
    ];

    [Fact]
    public void Every_recorded_answer_that_the_client_reads_parses()
    {
        var read = 0;
        foreach (var (name, method, path, _, response) in Exchange.Recorded())
        {
            var status = response.GetProperty("status").GetInt32();
            if (
                status is < 200 or > 299
                || !response.TryGetProperty("json", out var json)
                || json.ValueKind is JsonValueKind.Null
            )
            {
                continue;
            }

            if (TypeOf(method, path, json) is not { } type)
            {
                continue;
            }

            try
            {
                var answer = json.Deserialize(type, MaasJson.Options);
                Assert.NotNull(answer);
                Assert.Empty(OddAnswersTests.UnreadableIn(answer));
                read++;
            }
            catch (JsonException failure)
            {
                Assert.Fail($"{name} ({method} {path}) is not read as {type}: {failure.Message}");
            }
        }

        Assert.True(read > 250, $"only {read} recorded answers were read");
    }

    [Fact]
    public void Every_recorded_failure_becomes_the_right_error()
    {
        var failures = 0;
        foreach (var (name, method, path, _, response) in Exchange.Recorded())
        {
            var status = response.GetProperty("status").GetInt32();
            if (status < 400)
            {
                continue;
            }

            var mediaType = Exchange.Header(response, "Content-Type")?.Split(';')[0];
            TimeSpan? retryAfter = Exchange.Header(response, "Retry-After") is { } seconds
                ? TimeSpan.FromSeconds(int.Parse(seconds))
                : null;
            var body =
                response.TryGetProperty("json", out var json) ? json.GetRawText()
                : response.TryGetProperty("text", out var text) ? text.GetString() ?? ""
                : "";

            var error = MaasErrors.From(
                new HttpMethod(method),
                path,
                (HttpStatusCode)status,
                mediaType,
                body,
                new MaasErrors.Origin(new Uri("http://maas:5240/MAAS/"), RetryAfter: retryAfter)
            );

            var anonymous =
                status == 400
                && path is "machines/" or "machines/?op=allocate" or "nodes/"
                && body.StartsWith("Unrecognised signature", StringComparison.Ordinal);
            var expected = status switch
            {
                400
                    when anonymous
                        && (
                            body.EndsWith("op=None", StringComparison.Ordinal)
                            || body.EndsWith("op=allocate", StringComparison.Ordinal)
                        ) => typeof(MaasCredentialsRejectedException),
                400 => typeof(MaasInvalidException),
                401 => typeof(MaasCredentialsRejectedException),
                403 => typeof(MaasForbiddenException),
                404 => typeof(MaasNotFoundException),
                409 when retryAfter is not null => typeof(MaasBusyException),
                409 => typeof(MaasConflictException),
                410 => typeof(MaasGoneException),
                503 => typeof(MaasUnavailableException),
                _ => typeof(MaasUnexpectedException),
            };
            Assert.True(
                expected == error.GetType(),
                $"{name}: {status} became {error.GetType().Name}, not {expected.Name}: {body}"
            );
            Assert.NotEqual("", error.Message);
            if (status == 400 && mediaType == "application/json" && json.ValueKind is JsonValueKind.Object)
            {
                Assert.Equal(json.EnumerateObject().Select(field => field.Name), ((MaasInvalidException)error).Fields.Keys);
            }

            failures++;
        }

        Assert.True(failures > 150, $"only {failures} recorded failures were found");
    }

    /// <summary>What the client reads from an answer; <c>null</c> when it reads none.</summary>
    internal static Type? TypeOf(string method, string path, JsonElement json)
    {
        // Without a key a machine enlists itself, which the client never does.
        if (method is "POST" && path is "machines/")
        {
            return null;
        }

        foreach (var (pattern, type) in Types)
        {
            if (Regex.IsMatch(path, pattern, RegexOptions.None, TimeSpan.FromSeconds(1)))
            {
                // A POST to a collection returns a single object.
                return method == "POST" && json.ValueKind is JsonValueKind.Object && type.IsGenericType
                    ? type.GetGenericArguments()[0]
                    : type;
            }
        }

        return null;
    }
}
