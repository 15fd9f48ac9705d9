using System.Collections;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Gantry.Api;

/// <summary>
/// The JSON of the public API: camelCase, absent fields instead of null, RFC 3339 times with milliseconds and <c>Z</c>. It covers
/// the records of the contract and nothing else.
/// </summary>
public static class ApiJson
{
    /// <summary>Resolves the types of the contract; elements of lists are never null.</summary>
    /// <remarks>The serializer does not check elements of lists for null, so every reader of a list would have to.</remarks>
    public static IJsonTypeInfoResolver Resolver { get; } = ApiJsonContext.Default.WithAddedModifier(RefuseNullElements);

    public static JsonSerializerOptions Options { get; } = Create();

    public static void Configure(JsonSerializerOptions options)
    {
        options.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.MaxDepth = 64;

        // Answers are not embedded in HTML as they are; plain quotes and plus signs keep YAML values readable.
        options.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        options.Converters.Add(new TimeConverter());
        options.TypeInfoResolver = Resolver;
    }

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web);
        Configure(options);
        options.MakeReadOnly();
        return options;
    }

    private static void RefuseNullElements(JsonTypeInfo type)
    {
        if (type.Kind is not JsonTypeInfoKind.Object || type.Type.Assembly != typeof(ApiJson).Assembly)
        {
            return;
        }

        var lists = type
            .Properties.Where(property =>
                property.Get is not null
                && !property.IsExtensionData
                && property.PropertyType != typeof(string)
                && property.PropertyType.IsAssignableTo(typeof(IEnumerable))
            )
            .ToList();
        if (lists.Count > 0)
        {
            type.OnDeserialized = read =>
            {
                foreach (var property in lists.Where(property => HoldsNull(property.Get!(read))))
                {
                    throw new JsonException($"'{property.Name}' holds null; leave the element out.");
                }
            };
        }
    }

    private static bool HoldsNull(object? value) =>
        value switch
        {
            IReadOnlyDictionary<string, string> texts => texts.Values.Any(text => text is null),
            IEnumerable elements => elements.Cast<object?>().Any(element => element is null),
            _ => false,
        };

    private sealed class TimeConverter : JsonConverter<DateTimeOffset>
    {
        public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TryGetDateTimeOffset(out var time)
                ? time
                : throw new JsonException("A time is written as 2030-01-31T12:00:00.000Z.");

        public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
    }
}

/// <summary>The types of all requests and answers. The console does not start when one is missing.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(AdoptionAnswer))]
[JsonSerializable(typeof(ApiKeyActiveState))]
[JsonSerializable(typeof(ApiKeyCreateResponse))]
[JsonSerializable(typeof(ApiKeyEntity))]
[JsonSerializable(typeof(ApiKeyUpdate))]
[JsonSerializable(typeof(ApiKeyView))]
[JsonSerializable(typeof(AuditView))]
[JsonSerializable(typeof(AuthLogin))]
[JsonSerializable(typeof(AuthTokenRevoke))]
[JsonSerializable(typeof(AutoRepairInput))]
[JsonSerializable(typeof(CertificatesAnswer))]
[JsonSerializable(typeof(ChangeAnswer))]
[JsonSerializable(typeof(CloudConfigView))]
[JsonSerializable(typeof(ClusterChange))]
[JsonSerializable(typeof(ClusterConfigInput))]
[JsonSerializable(typeof(ClusterEntity))]
[JsonSerializable(typeof(ClusterNamespaces))]
[JsonSerializable(typeof(ClusterProfileList))]
[JsonSerializable(typeof(ClusterTags))]
[JsonSerializable(typeof(ClusterView))]
[JsonSerializable(typeof(ClusterDocument))]
[JsonSerializable(typeof(ClusterProfileDocument))]
[JsonSerializable(typeof(DocumentSet))]
[JsonSerializable(typeof(DocumentsAnswer))]
[JsonSerializable(typeof(ErrorBody))]
[JsonSerializable(typeof(ExplainAnswer))]
[JsonSerializable(typeof(HealthAnswer))]
[JsonSerializable(typeof(HealthPing))]
[JsonSerializable(typeof(IReadOnlyList<HttpPatch>))]
[JsonSerializable(typeof(IReadOnlyList<ProfileVariables>))]
[JsonSerializable(typeof(ItemList<AccountMetadata>))]
[JsonSerializable(typeof(ItemList<AccountSummary>))]
[JsonSerializable(typeof(ItemList<ApiKeyView>))]
[JsonSerializable(typeof(ItemList<AuditView>))]
[JsonSerializable(typeof(ItemList<ClusterSummary>))]
[JsonSerializable(typeof(ItemList<ClusterView>))]
[JsonSerializable(typeof(ItemList<Described>))]
[JsonSerializable(typeof(ItemList<EventView>))]
[JsonSerializable(typeof(ItemList<HistoryItem>))]
[JsonSerializable(typeof(ItemList<JsonElement>))]
[JsonSerializable(typeof(ItemList<MaasAccountView>))]
[JsonSerializable(typeof(ItemList<MaasDomain>))]
[JsonSerializable(typeof(ItemList<MaasSubnet>))]
[JsonSerializable(typeof(ItemList<MaasTag>))]
[JsonSerializable(typeof(ItemList<MachineView>))]
[JsonSerializable(typeof(ItemList<ManifestView>))]
[JsonSerializable(typeof(ItemList<ObjectMeta>))]
[JsonSerializable(typeof(ItemList<Overlord>))]
[JsonSerializable(typeof(ItemList<PackMetadata>))]
[JsonSerializable(typeof(ItemList<PackRegistryView>))]
[JsonSerializable(typeof(ItemList<PackSummary>))]
[JsonSerializable(typeof(ItemList<ProfileMetadata>))]
[JsonSerializable(typeof(ItemList<ProfilePackView>))]
[JsonSerializable(typeof(ItemList<ProfileSummary>))]
[JsonSerializable(typeof(ItemList<ProfileView>))]
[JsonSerializable(typeof(ItemList<ProjectMetadata>))]
[JsonSerializable(typeof(ItemList<ProjectSummary>))]
[JsonSerializable(typeof(ItemList<ProjectView>))]
[JsonSerializable(typeof(ItemList<QuarantinedMachine>))]
[JsonSerializable(typeof(ItemList<RegistryMetadata>))]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(JsonObject))]
[JsonSerializable(typeof(LocationInput))]
[JsonSerializable(typeof(MaasAccountEntity))]
[JsonSerializable(typeof(MaasAccountValidation))]
[JsonSerializable(typeof(QuarantineInput))]
[JsonSerializable(typeof(MaasAccountView))]
[JsonSerializable(typeof(MaasCloudAccount))]
[JsonSerializable(typeof(MachinePoolPatch))]
[JsonSerializable(typeof(MachinePoolView))]
[JsonSerializable(typeof(MachinePoolsMachineUids))]
[JsonSerializable(typeof(MachineView))]
[JsonSerializable(typeof(Message))]
[JsonSerializable(typeof(MetaAttributeInput))]
[JsonSerializable(typeof(MetadataInput))]
[JsonSerializable(typeof(Overlord))]
[JsonSerializable(typeof(Overview))]
[JsonSerializable(typeof(PackChange))]
[JsonSerializable(typeof(PackReadme))]
[JsonSerializable(typeof(PackRegistryView))]
[JsonSerializable(typeof(PackTagEntity))]
[JsonSerializable(typeof(PacksFilterSpec))]
[JsonSerializable(typeof(PairingCode))]
[JsonSerializable(typeof(PlanAnswer))]
[JsonSerializable(typeof(PoolEntity))]
[JsonSerializable(typeof(ProfileEntity))]
[JsonSerializable(typeof(ProfileMetaEntity))]
[JsonSerializable(typeof(ProfileRevision))]
[JsonSerializable(typeof(ProfileView))]
[JsonSerializable(typeof(ProfilesDeleteInput))]
[JsonSerializable(typeof(ProfilesFilterSpec))]
[JsonSerializable(typeof(ProfilesInput))]
[JsonSerializable(typeof(ProgressAnswer))]
[JsonSerializable(typeof(ProjectEntity))]
[JsonSerializable(typeof(ProjectView))]
[JsonSerializable(typeof(ProjectsFilterSpec))]
[JsonSerializable(typeof(RegistrySyncStatus))]
[JsonSerializable(typeof(RepaveValidation))]
[JsonSerializable(typeof(RepaveView))]
[JsonSerializable(typeof(ResidueAnswer))]
[JsonSerializable(typeof(SearchRequest))]
[JsonSerializable(typeof(SearchSchema))]
[JsonSerializable(typeof(StatusEntity))]
[JsonSerializable(typeof(SystemVersionInfo))]
[JsonSerializable(typeof(TimezoneInput))]
[JsonSerializable(typeof(UidAnswer))]
[JsonSerializable(typeof(UpgradeChange))]
[JsonSerializable(typeof(UserInfo))]
[JsonSerializable(typeof(UserToken))]
[JsonSerializable(typeof(ValidationAnswer))]
[JsonSerializable(typeof(VariablesInput))]
[JsonSerializable(typeof(VariablesView))]
[JsonSerializable(typeof(WhatIfAnswer))]
[JsonSerializable(typeof(WhyNotAnswer))]
[JsonSerializable(typeof(byte[]))]
internal sealed partial class ApiJsonContext : JsonSerializerContext;
