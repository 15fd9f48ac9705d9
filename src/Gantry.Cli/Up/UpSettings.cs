using Gantry.Cli.Hosting;
using Gantry.Maas;

namespace Gantry.Cli.Up;

/// <param name="OwnMaas"><c>null</c> starts the lab.</param>
public sealed record UpSettings(int Port, LabSettings Lab, OwnMaas? OwnMaas, ErrorStreamLog Log);

/// <param name="DeployFailures">Share of machines that fail to deploy.</param>
public sealed record LabSettings(int Machines, double Speed, double DeployFailures, int Seed);

/// <summary>The MAAS region of `gantry up` and its API key.</summary>
/// <param name="CaPem">Certificates to trust beside the system's; <c>null</c> keeps what the account has.</param>
public sealed record OwnMaas(MaasEndpoint Endpoint, MaasApiKey Key, string? CaPem = null);
