using System.Text.Json;
using Gantry.Maas.Http;

namespace Gantry.Maas.Machines;

/// <summary><c>machines/</c>. Methods fail with a <see cref="MaasException"/>.</summary>
public sealed class MachinesApi
{
    private readonly MaasHttp _http;

    internal MachinesApi(MaasHttp http) => _http = http;

    public Task<MaasList<Machine>> ListAsync(CancellationToken cancellationToken) =>
        ListAsync(new MachineFilter(), cancellationToken);

    /// <summary>
    /// Lists all machines in one answer; MAAS does not page this list. A machine that cannot be read is in the list with
    /// <see cref="Machine.Unreadable"/>, so that one odd machine does not hide the others.
    /// </summary>
    public Task<MaasList<Machine>> ListAsync(MachineFilter filter, CancellationToken cancellationToken) =>
        _http.GetAsync<MaasList<Machine>>("machines/", filter.ToForm(), cancellationToken);

    /// <summary>Lists the caller's machines in status Allocated.</summary>
    public Task<MaasList<Machine>> ListAllocatedAsync(CancellationToken cancellationToken) =>
        _http.GetAsync<MaasList<Machine>>("machines/", new MaasForm().Add("op", "list_allocated"), cancellationToken);

    public Task<Machine> GetAsync(string systemId, CancellationToken cancellationToken) =>
        _http.GetAsync<Machine>(Path(systemId), cancellationToken);

    public async Task<AllocateResult> AllocateAsync(AllocateRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return new AllocateResult.Allocated(
                await _http.PostAsync<Machine>("machines/", "allocate", request.ToForm(), cancellationToken)
            );
        }
        catch (MaasConflictException nothing)
        {
            return new AllocateResult.NoneAvailable(nothing.Message);
        }
    }

    /// <summary>Deploys an allocated machine. A Ready machine is allocated in the same call.</summary>
    public Task<Machine> DeployAsync(string systemId, DeployRequest request, CancellationToken cancellationToken) =>
        _http.PostAsync<Machine>(Path(systemId), "deploy", request.ToForm(), cancellationToken);

    /// <summary>Releases a machine. Safe to repeat: a machine that is Ready or Releasing does not change.</summary>
    public Task<Machine> ReleaseAsync(string systemId, ReleaseRequest request, CancellationToken cancellationToken) =>
        _http.PostAsync<Machine>(Path(systemId), "release", request.ToForm(), cancellationToken);

    /// <summary>Releases several machines, all or none. Unlike the single call, it refuses a machine that is Releasing.</summary>
    /// <returns>System ids of the released machines.</returns>
    public Task<IReadOnlyList<string>> ReleaseAsync(
        IEnumerable<string> systemIds,
        string? comment,
        CancellationToken cancellationToken
    ) =>
        _http.PostAsync<IReadOnlyList<string>>(
            "machines/",
            "release",
            new MaasForm().AddAll("machines", systemIds).Add("comment", comment),
            cancellationToken
        );

    /// <summary>Aborts commissioning, deployment, testing or disk erasing.</summary>
    public Task<Machine> AbortAsync(string systemId, string? comment, CancellationToken cancellationToken) =>
        OperateAsync(systemId, "abort", comment, cancellationToken);

    public Task<Machine> CommissionAsync(string systemId, CommissionRequest request, CancellationToken cancellationToken) =>
        _http.PostAsync<Machine>(Path(systemId), "commission", request.ToForm(), cancellationToken);

    public Task<Machine> TestAsync(
        string systemId,
        IReadOnlyList<string> testingScripts,
        bool? enableSsh,
        CancellationToken cancellationToken
    ) =>
        _http.PostAsync<Machine>(
            Path(systemId),
            "test",
            new MaasForm()
                .Add("testing_scripts", testingScripts.Count > 0 ? string.Join(',', testingScripts) : null)
                .Add("enable_ssh", enableSsh),
            cancellationToken
        );

    public Task<Machine> OverrideFailedTestingAsync(string systemId, string? comment, CancellationToken cancellationToken) =>
        OperateAsync(systemId, "override_failed_testing", comment, cancellationToken);

    /// <summary>
    /// Locks a machine that is Deployed or Deploying. MAAS refuses to release, deploy, power or annotate a locked machine
    /// (<see cref="MaasForbiddenException"/>); an administrator can still update it.
    /// </summary>
    public Task<Machine> LockAsync(string systemId, string? comment, CancellationToken cancellationToken) =>
        OperateAsync(systemId, "lock", comment, cancellationToken);

    public Task<Machine> UnlockAsync(string systemId, string? comment, CancellationToken cancellationToken) =>
        OperateAsync(systemId, "unlock", comment, cancellationToken);

    /// <summary>Marks a machine broken; only its owner may. MAAS first releases a machine that can be released.</summary>
    public Task<Machine> MarkBrokenAsync(string systemId, string? comment, CancellationToken cancellationToken) =>
        OperateAsync(systemId, "mark_broken", comment, cancellationToken);

    public Task<Machine> MarkFixedAsync(string systemId, string? comment, CancellationToken cancellationToken) =>
        OperateAsync(systemId, "mark_fixed", comment, cancellationToken);

    /// <summary>Powers on a machine. On an allocated machine this starts a deployment.</summary>
    public Task<Machine?> PowerOnAsync(string systemId, string? comment, CancellationToken cancellationToken) =>
        OperateOrNullAsync(systemId, "power_on", new MaasForm().Add("comment", comment), cancellationToken);

    /// <param name="soft">Whether to shut down the operating system first, where the power type supports it.</param>
    /// <returns><c>null</c> when MAAS cannot control the power of this machine.</returns>
    public Task<Machine?> PowerOffAsync(string systemId, bool soft, string? comment, CancellationToken cancellationToken) =>
        OperateOrNullAsync(
            systemId,
            "power_off",
            new MaasForm().Add("stop_mode", soft ? "soft" : "hard").Add("comment", comment),
            cancellationToken
        );

    /// <summary>Queries the BMC; takes up to a minute.</summary>
    /// <returns><c>on</c>, <c>off</c>, <c>unknown</c> or <c>error</c>.</returns>
    public async Task<string> QueryPowerStateAsync(string systemId, CancellationToken cancellationToken) =>
        (
            await _http.GetAsync<PowerStateAnswer>(
                Path(systemId),
                new MaasForm().Add("op", "query_power_state"),
                cancellationToken
            )
        ).State;

    /// <summary>Reads how MAAS reaches the BMC; administrators only. The answer contains passwords.</summary>
    public Task<IReadOnlyDictionary<string, JsonElement>> GetPowerParametersAsync(
        string systemId,
        CancellationToken cancellationToken
    ) =>
        _http.GetAsync<IReadOnlyDictionary<string, JsonElement>>(
            Path(systemId),
            new MaasForm().Add("op", "power_parameters"),
            cancellationToken
        );

    /// <summary>Sets the given workload annotations; an empty value deletes its key. The caller must own the machine.</summary>
    public Task<Machine> SetWorkloadAnnotationsAsync(
        string systemId,
        IReadOnlyDictionary<string, string> annotations,
        CancellationToken cancellationToken
    )
    {
        var form = new MaasForm();
        foreach (var (key, value) in annotations)
        {
            form.Add(key, value);
        }

        // This is the old name of the operation; every version from 3.3 accepts it.
        return _http.PostAsync<Machine>(Path(systemId), "set_owner_data", form, cancellationToken);
    }

    /// <param name="layout"><c>flat</c>, <c>lvm</c>, <c>bcache</c>, <c>custom</c>, <c>blank</c>.</param>
    public Task<Machine> SetStorageLayoutAsync(string systemId, string layout, CancellationToken cancellationToken) =>
        _http.PostAsync<Machine>(
            Path(systemId),
            "set_storage_layout",
            new MaasForm().Add("storage_layout", layout),
            cancellationToken
        );

    public Task<Machine> EnterRescueModeAsync(string systemId, CancellationToken cancellationToken) =>
        OperateAsync(systemId, "rescue_mode", null, cancellationToken);

    public Task<Machine> ExitRescueModeAsync(string systemId, CancellationToken cancellationToken) =>
        OperateAsync(systemId, "exit_rescue_mode", null, cancellationToken);

    public Task<Machine> RestoreDefaultConfigurationAsync(string systemId, CancellationToken cancellationToken) =>
        OperateAsync(systemId, "restore_default_configuration", null, cancellationToken);

    public Task<Machine> RestoreNetworkingConfigurationAsync(string systemId, CancellationToken cancellationToken) =>
        OperateAsync(systemId, "restore_networking_configuration", null, cancellationToken);

    public Task<Machine> RestoreStorageConfigurationAsync(string systemId, CancellationToken cancellationToken) =>
        OperateAsync(systemId, "restore_storage_configuration", null, cancellationToken);

    /// <summary>Reads the curtin configuration of the deployment, YAML.</summary>
    public async Task<string> GetCurtinConfigAsync(string systemId, CancellationToken cancellationToken) =>
        System.Text.Encoding.UTF8.GetString(
            await _http.GetBytesAsync(Path(systemId), new MaasForm().Add("op", "get_curtin_config"), cancellationToken)
        );

    public Task<Machine> UpdateAsync(string systemId, MachineUpdate update, CancellationToken cancellationToken) =>
        _http.PutAsync<Machine>(Path(systemId), update.ToForm(), cancellationToken);

    public Task DeleteAsync(string systemId, bool force, CancellationToken cancellationToken) =>
        _http.DeleteAsync(Path(systemId), new MaasForm().Add("force", force ? true : null), cancellationToken);

    private static string Path(string systemId) => $"machines/{Uri.EscapeDataString(systemId)}/";

    private Task<Machine> OperateAsync(string systemId, string operation, string? comment, CancellationToken cancellationToken) =>
        _http.PostAsync<Machine>(Path(systemId), operation, new MaasForm().Add("comment", comment), cancellationToken);

    private async Task<Machine?> OperateOrNullAsync(
        string systemId,
        string operation,
        MaasForm form,
        CancellationToken cancellationToken
    )
    {
        var answer = await _http.PostAsync(Path(systemId), operation, form, cancellationToken);
        return answer.AsSpan().SequenceEqual("null"u8) ? null : MaasHttp.ReadResult<Machine>(Path(systemId), answer);
    }

    private sealed record PowerStateAnswer(string State);
}
