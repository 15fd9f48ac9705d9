using Gantry.Cli.Hosting;
using Gantry.Maas;

namespace Gantry.Cli.Up;

/// <param name="OwnMaas"><c>null</c> starts the lab.</param>
public sealed record UpSettings(int Port, LabSettings Lab, OwnMaas? OwnMaas, ErrorStreamLog Log);

/// <param name="DeployFailures">Share of machines that fail to deploy.</param>
public sealed record LabSettings(int Machines, double Speed, double DeployFailures, int Seed);

/// <summary>The MAAS region that `gantry up` works with, and the key to it.</summary>
public sealed record OwnMaas(MaasEndpoint Endpoint, MaasApiKey Key);
