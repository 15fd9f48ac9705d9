using System.Globalization;
using System.Text.Json.Nodes;
using Gantry.Lab.Maas.Images;
using Gantry.Lab.Maas.Routing;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Server;

/// <summary><c>maas/</c>: the settings of the region, with MAAS's defaults.</summary>
internal sealed class RegionSettings(RegionState state)
{
    /// <summary>All settings in MAAS's order.</summary>
    private static readonly (string Name, JsonNode? Default)[] All =
    [
        ("maas_name", "lab"),
        ("theme", ""),
        ("kernel_opts", ""),
        ("enable_http_proxy", true),
        ("maas_proxy_port", 8000),
        ("use_peer_proxy", false),
        ("prefer_v4_proxy", false),
        ("http_proxy", ""),
        ("default_dns_ttl", 30),
        ("upstream_dns", null),
        ("dnssec_validation", "auto"),
        ("maas_internal_domain", "maas-internal"),
        ("dns_trusted_acl", null),
        ("ntp_servers", "ntp.ubuntu.com"),
        ("ntp_external_only", false),
        ("allow_only_trusted_transfers", true),
        ("remote_syslog", null),
        ("maas_syslog_port", 5247),
        ("network_discovery", "enabled"),
        ("active_discovery_interval", 10800),
        ("default_boot_interface_link_type", "auto"),
        ("default_osystem", "ubuntu"),
        ("default_distro_series", Series.Default),
        ("default_min_hwe_kernel", ""),
        ("enable_kernel_crash_dump", false),
        ("default_storage_layout", "flat"),
        ("commissioning_distro_series", Series.Default),
        ("enable_third_party_drivers", true),
        ("windows_kms_host", null),
        ("enable_disk_erasing_on_release", false),
        ("disk_erase_with_secure_erase", false),
        ("disk_erase_with_quick_erase", false),
        ("boot_images_auto_import", true),
        ("boot_images_no_proxy", false),
        ("curtin_verbose", true),
        ("force_v1_network_yaml", false),
        ("enable_analytics", true),
        ("completed_intro", false),
        ("max_node_commissioning_results", 10),
        ("max_node_testing_results", 10),
        ("max_node_installation_results", 3),
        ("max_node_release_results", 3),
        ("subnet_ip_exhaustion_threshold_count", 16),
        ("release_notifications", true),
        ("use_rack_proxy", true),
        ("node_timeout", 30),
        ("prometheus_enabled", false),
        ("prometheus_push_gateway", null),
        ("prometheus_push_interval", 60),
        ("promtail_enabled", false),
        ("promtail_port", 5238),
        ("enlist_commissioning", true),
        ("maas_auto_ipmi_user", "maas"),
        ("maas_auto_ipmi_user_privilege_level", "ADMIN"),
        ("maas_auto_ipmi_k_g_bmc_key", ""),
        ("maas_auto_ipmi_cipher_suite_id", "3"),
        ("maas_auto_ipmi_workaround_flags", null),
        ("vcenter_server", ""),
        ("vcenter_username", ""),
        ("vcenter_password", ""),
        ("vcenter_datacenter", ""),
        ("hardware_sync_interval", "15m"),
        ("tls_cert_expiration_notification_enabled", false),
        ("tls_cert_expiration_notification_interval", 30),
        ("session_length", 1209600),
        ("auto_vlan_creation", true),
    ];

    public IEnumerable<Resource> Resources =>
        [new("Maas", "maas/", Operation.Read(Get, "get_config"), Operation.Do("set_config", Set))];

    private RegionAnswer Get(RegionRequest request)
    {
        var name = request.Query.Mandatory("name");
        var index = Index(name);
        return index < 0
            ? throw new RegionFault(
                RegionAnswer.Invalid(new JsonObject { [name] = new JsonArray(NoSuchSetting(name)) }, byModel: true)
            )
            : RegionAnswer.BareJson(Value(All[index].Default, state.Settings.Find(name)?.Value));
    }

    private RegionAnswer Set(RegionRequest request)
    {
        request.RequireAdmin();
        var name = request.Form.Mandatory("name");
        var value = request.Form["value"] ?? throw RegionFault.Text(400, "No provided value!");
        var index = Index(name);
        if (index < 0)
        {
            throw RegionFault.Model(name, NoSuchSetting(name));
        }

        Check(name, All[index].Default, value);
        state.Settings.Put(new SettingRow(name, value));
        return RegionAnswer.Plain(200, "OK");
    }

    private void Check(string name, JsonNode? standard, string value)
    {
        if (name is "default_distro_series" or "commissioning_distro_series")
        {
            var known = Series.UbuntuReleases(state);
            if (!known.Contains(value))
            {
                throw RegionFault.Field(
                    name,
                    $"'{value}' is not a valid release.  It should be one of: "
                        + $"{string.Join(", ", known.Select(release => $"'{release}'"))}."
                );
            }
        }
        else if (standard is JsonValue number && number.TryGetValue<int>(out _) && !int.TryParse(value, out _))
        {
            throw RegionFault.Field(name, "Enter a whole number.");
        }
    }

    private static JsonNode? Value(JsonNode? standard, string? stored) =>
        stored is null ? standard?.DeepClone()
        : standard is JsonValue one && one.TryGetValue<bool>(out _) ? stored is not ("" or "0" or "false" or "False")
        : standard is JsonValue other
        && other.TryGetValue<int>(out _)
        && int.TryParse(stored, CultureInfo.InvariantCulture, out var number)
            ? number
        : stored;

    private static int Index(string name) => Array.FindIndex(All, setting => setting.Name == name);

    private static string NoSuchSetting(string name) =>
        $"{name} is not a valid config setting (valid settings are: {string.Join(", ", All.Select(setting => setting.Name))}).";
}
