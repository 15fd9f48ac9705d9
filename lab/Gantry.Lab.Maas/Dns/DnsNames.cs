using System.Globalization;
using System.Text.RegularExpressions;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Dns;

/// <summary>Names, domains and times to live, as MAAS's calls about DNS give them.</summary>
internal static partial class DnsNames
{
    /// <summary>The name of what stands for the domain itself.</summary>
    public const string Apex = "@";

    /// <summary>A domain by id or name.</summary>
    /// <exception cref="RegionFault">There is none.</exception>
    public static DomainRow Domain(RegionState state, string? given) =>
        state.Domains.All.FirstOrDefault(domain =>
            domain.Name == given || domain.Id.ToString(CultureInfo.InvariantCulture) == given
        ) ?? throw RegionFault.Missing("Domain");

    /// <summary>Splits off the first label as the name, unless the whole name is a domain.</summary>
    public static (string Name, string Domain) Split(RegionState state, string fqdn) =>
        state.Domains.All.Any(domain => domain.Name == fqdn) ? (Apex, fqdn)
        : fqdn.Split('.', 2) is [var label, var rest] ? (label, rest)
        : (fqdn, "");

    public static bool IsLabel(string name) => Label().IsMatch(name);

    /// <summary>MAAS lists names by domain, the domain's own first.</summary>
    public static IEnumerable<DnsResourceRow> Ordered(IEnumerable<DnsResourceRow> resources) =>
        resources.OrderBy(resource => resource.DomainId).ThenBy(resource => resource.Name, StringComparer.Ordinal);

    /// <summary>A time to live in seconds, of at most a week.</summary>
    public static int? Ttl(Parameters form, string field) =>
        form.Integer(field) switch
        {
            < 1 => throw RegionFault.Field(field, "Ensure this value is greater than or equal to 1."),
            > 604800 => throw RegionFault.Field(field, "Ensure this value is less than or equal to 604800."),
            var seconds => seconds,
        };

    [GeneratedRegex("^(@|[a-zA-Z0-9_]([a-zA-Z0-9_-]*[a-zA-Z0-9])?)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Label();
}
