using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Gantry.Cli.Api;
using Gantry.Cli.Changes;
using Gantry.Cli.Connection;
using Gantry.Cli.Terminal;

namespace Gantry.Cli.Clusters;

/// <summary><c>gantry cluster certificates [list|renew]</c></summary>
public sealed class CertificatesCommand(CliHost host, ConnectionOptions connection)
{
    public Command Create(ClusterChanges changes)
    {
        var certificates = new Verb(
            "certificates", "See when the certificates of the control plane end, or renew them", "gantry cluster certificates demo");
        List(certificates, ClusterName.Optional(connection));
        var list = new Verb("list", "Show when they end", "gantry cluster certificates list demo");
        List(list, ClusterName.Optional(connection));
        certificates.Add(list);
        var renew = changes.Of(new RenewVerb(), "gantry cluster certificates");
        certificates.Add(renew);
        return certificates;
    }

    private void List(Verb list, Argument<string?> name)
    {
        list.Add(name);
        list.SetAction(async (command, cancel) =>
        {
            var called = ClusterName.Required(command, name);
            using var console = new ConsoleClient(connection.Resolve(command));
            var uid = await ClusterApi.UidAsync(console, called, cancel);
            var certificates = await console.GetAsync($"v1/spectroclusters/{uid}/k8certificates", cancel);
            Printer.Write(host, connection.Format(command), certificates, () => Table(certificates, host.Time.GetUtcNow()));
        });
    }

    /// <summary>One row a certificate, the authority that signed it first.</summary>
    public static Table Table(JsonNode? certificates, DateTimeOffset now)
    {
        var table = new Table("MACHINE", "AUTHORITY", "CERTIFICATE", "ENDS", "IN");
        foreach (var machine in certificates?["machineCertificates"]?.AsArray() ?? [])
        {
            foreach (var authority in machine?["certificateAuthorities"]?.AsArray() ?? [])
            {
                if (authority?["expiry"] is not null)
                {
                    Row(table, machine, authority, null, now);
                }

                foreach (var certificate in authority?["certificates"]?.AsArray() ?? [])
                {
                    Row(table, machine, authority, certificate, now);
                }
            }
        }

        return table;
    }

    private static void Row(Table table, JsonNode? machine, JsonNode? authority, JsonNode? certificate, DateTimeOffset now)
    {
        var known = DateTimeOffset.TryParse((string?)(certificate ?? authority)?["expiry"], CultureInfo.InvariantCulture, out var ends);
        table.Row(
            (string?)machine?["name"],
            (string?)authority?["name"],
            (string?)certificate?["name"],
            known ? ends.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) : null,
            !known ? null : ends <= now ? "ended" : Durations.Short(ends - now));
    }

    private sealed class RenewVerb : ChangeVerb
    {
        private readonly RenewCertificatesVerb _same = new();

        public override string Name => "renew";

        public override string Description => _same.Description;

        public override IReadOnlyList<string> Examples => _same.Examples;

        public override void AddTo(Command command) => _same.AddTo(command);

        public override Task<ClusterChange> ReadAsync(ParseResult command, WantedCluster cluster, CancellationToken cancel) =>
            _same.ReadAsync(command, cluster, cancel);
    }
}
